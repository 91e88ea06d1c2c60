// Routes by the history API; the profile is a chunk that is loaded late.
import './style.css';
import wave from './wave.svg';

const view = document.getElementById('view');
const routes = {
	'/': () => {
		view.innerHTML = '<h1>home</h1><img id="wave" alt="a wave">';
		document.getElementById('wave').src = wave;
	},
	'/settings/profile': async () => {
		const profile = await import('./profile.js');
		view.innerHTML = profile.render(location.pathname);
	},
};

function show() {
	const route = routes[location.pathname];
	if (route)
		route();
	else
		view.innerHTML = '<h1>no such page</h1>';
}

document.addEventListener('click', (event) => {
	const link = event.target.closest('a');
	if (!link)
		return;
	event.preventDefault();
	history.pushState({}, '', link.getAttribute('href'));
	show();
});
window.addEventListener('popstate', show);
show();
