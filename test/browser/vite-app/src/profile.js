import './profile.css';

export function render(path) {
	return `<h1>profile</h1><p class="path">${path}</p>`;
}
