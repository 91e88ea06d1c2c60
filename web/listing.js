/* Sorts and filters a listing; without it, the page is in the order of names.
   The rows are read once, when first needed; what is to be seen is worked out
   on arrays and goes back into the page in one step. */
"use strict";
(() => {
const body = document.getElementById("rows");
const total = document.getElementById("total");
const heads = [...document.querySelectorAll("th")];
const columns = ["name", "size", "date"];
const natural = new Intl.Collator(undefined, { numeric: true });
let rows, sorted = "name", sign = 1;

const make = (tag, properties, ...children) => {
const element = Object.assign(document.createElement(tag), properties);
element.append(...children);
return element;
};

const search = make("input", { type: "search", placeholder: "Filter  /", ariaLabel: "Filter by name", autocomplete: "off", spellcheck: false });
const numeric = make("input", { type: "checkbox" });

const read = () => rows = Array.from(body.rows, (row, place) => {
const [link, size, date] = Array.from(row.cells, cell => cell.firstChild);
const name = link.textContent;
return {
row, place, name, lower: name.toLowerCase(),
folder: link.className === "d",
size: size ? Number(row.cells[1].title.replace(/\D/g, "")) : -1,
date: date ? date.dateTime : "",
};
});

/* Folders stay first; of two that are equal, the name decides. */
const compare = (a, b) => {
let order = 0;
if (a.folder !== b.folder)
return a.folder ? -1 : 1;
if (sorted === "size")
order = a.size - b.size;
else if (sorted === "date")
order = a.date < b.date ? -1 : a.date > b.date ? 1 : 0;
if (order === 0 && numeric.checked)
order = natural.compare(a.name, b.name);
return sign * (order || a.place - b.place);
};

const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

const show = () => {
const words = search.value.toLowerCase().split(" ").filter(word => word);
const seen = (rows || read()).filter(r => words.every(word => r.lower.includes(word)));
const folders = seen.filter(r => r.folder).length;
const fragment = new DocumentFragment();
for (const r of seen.sort(compare))
fragment.append(r.row);
body.replaceChildren(fragment);
total.textContent = count(folders, "folder") + ", " + count(seen.length - folders, "file") +
(words.length ? ` of ${rows.length.toLocaleString("en")}` : "");
heads.forEach((head, i) => {
if (columns[i] === sorted)
head.ariaSort = sign > 0 ? "ascending" : "descending";
else
head.removeAttribute("aria-sort");
});
};

heads.forEach((head, i) => {
const button = make("button", { type: "button", textContent: head.textContent.trim() });
button.onclick = () => {
sign = sorted === columns[i] ? -sign : columns[i] === "name" ? 1 : -1;
sorted = columns[i];
show();
};
head.replaceChildren(button);
});
heads[0].ariaSort = "ascending";
total.setAttribute("aria-live", "polite");

let timer;
search.oninput = () => {
clearTimeout(timer);
timer = setTimeout(show, 60);
};
numeric.onchange = show;
addEventListener("keydown", event => {
if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey) {
event.preventDefault();
search.focus();
} else if (event.key === "Escape" && document.activeElement === search) {
search.value = "";
show();
search.blur();
}
});
if (body.rows.length > 1)
document.querySelector("header").append(make("div", { role: "search" },
search, make("label", {}, numeric, "2 before 10")));
})();
