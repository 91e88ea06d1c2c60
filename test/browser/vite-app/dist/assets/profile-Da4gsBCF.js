function e(r){return`<h1>profile</h1><p class="path">${r}</p>`}export{e as render};
