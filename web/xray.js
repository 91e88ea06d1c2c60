/* The live part of /xray: each event is a whole picture; what differs from the
   last one is changed on the page, so that nothing flickers. */
"use strict";
(() => {
const id = name => document.getElementById(name);
const live = id("live"), rows = id("rows");
const known = new Map();
let own = "", admin = [], first = true;

/* More rows than that nobody reads. */
const rowsMax = 300;

const make = (tag, className, ...children) => {
const element = document.createElement(tag);
if (className)
element.className = className;
element.append(...children);
return element;
};

/* Only what has changed, so that a selection survives. */
const write = (element, text) => {
if (element.textContent !== text)
element.textContent = text;
};

/* 1536 -> "1.5 K": three digits at most are read at a glance. */
const short = (n, unit = "") => {
const steps = ["", "K", "M", "G", "T"];
let step = 0;
while (n >= 1000 && step < 4) {
n /= 1024;
step++;
}
const digits = step > 0 && n < 9.95 ? n.toFixed(1) : Math.round(n).toString();
return digits + (steps[step] || unit ? "\u2009" : "") + steps[step] + unit;
};

const time = us => us <= 0 ? "" : us < 1000 ? us + "\u2009\u00b5s" : us < 1e6 ? (us / 1000).toFixed(us < 1e4 ? 1 : 0) + "\u2009ms" : (us / 1e6).toFixed(1) + "\u2009s";

/* A list whose items are made once and then only written. */
const list = (parent, items, begin, update) => {
while (parent.children.length > items.length)
parent.lastElementChild.remove();
items.forEach((item, i) => {
if (!parent.children[i])
parent.append(begin());
update(parent.children[i], item);
});
};

const showStates = states => {
for (const group of document.querySelectorAll("[data-state]")) {
const n = states[group.dataset.state] || 0;
group.classList.toggle("lit", n > 0);
write(group.lastElementChild, n.toLocaleString("en"));
}
};

const queueWords = l => {
const words = [];
if (l.queue > l.backlog)
words.push("full");
else if (l.queue > 0)
words.push(l.queue === 1 ? "one waits to be accepted" : l.queue + " wait to be accepted");
if (l.syn_recv > 0)
words.push(l.syn_recv + " half open");
if (l.drops > 0)
words.push(l.drops.toLocaleString("en") + " turned away so far" + (l.drops_per_second ? `, ${l.drops_per_second} a second` : ""));
return words.join(", ") || "empty: whoever comes is accepted at once";
};

const showListeners = listeners => list(id("listeners"), [...listeners].sort((a, b) => admin.includes(a.address) - admin.includes(b.address)), () =>
make("li", "", make("h3", "", make("b"), make("span")), make("div", "bar", make("i")), make("p")), (item, l) => {
const [head, bar, words] = item.children;
const part = l.backlog > 0 ? Math.min(1, l.queue / l.backlog) : 0;
item.className = l.queue > l.backlog ? "full" : "";
write(head.firstElementChild, l.address + (admin.includes(l.address) ? " (this page)" : ""));
write(head.lastElementChild, l.queue + " / " + l.backlog);
bar.firstElementChild.style.width = l.queue > 0 ? Math.max(1.5, part * 100) + "%" : "0";
write(words, queueWords(l));
});

const showWorkers = workers => list(id("workers"), workers, () => make("li"), (item, w) => {
item.className = w.state === "T" ? "off" : "";
write(item, `worker ${w.pid}, ` + (w.state === "T" ? "stopped" : `${w.cpu_percent}\u2009%`));
});

const showDiagnoses = diagnoses => list(id("diagnoses"), diagnoses, () => make("li"), (item, d) => {
item.className = d.grave ? "grave" : "";
write(item, d.words);
});

const columns = [
["", c => c.peer],
["", c => c.state],
["", c => c.words || ""],
["RTT", c => time(c.rtt_us || 0)],
["cwnd", c => c.cwnd ? String(c.cwnd) : ""],
["resent", c => c.retransmits ? String(c.retransmits) : ""],
["queued", c => c.tx_queue + c.rx_queue ? short(c.tx_queue + c.rx_queue, "B") : ""],
["sent", c => c.bytes_sent ? short(c.bytes_sent, "B") : ""],
["received", c => c.bytes_received ? short(c.bytes_received, "B") : ""],
["rate", c => c.delivery_rate ? short(c.delivery_rate, "B/s") : ""],
];

const rowMake = c => {
const row = make("tr", first ? "" : "fresh");
for (const [name] of columns) {
const cell = make("td");
if (name)
cell.dataset.of = name;
row.append(cell);
}
const peer = row.firstElementChild;
peer.append(make("span"));
if (c.peer === own)
peer.append(make("em", "you", "you"));
else if (admin.includes(c.local))
peer.append(make("em", "", "this page"));
row.classList.toggle("you", c.peer === own);
return row;
};

const rowShow = (row, c) => columns.forEach(([, value], i) => {
const cell = row.children[i];
write(i === 0 ? cell.firstElementChild : cell, value(c));
if (i === 5)
cell.className = c.retransmits > 0 ? "bad" : "";
});

/* The site's first; among equals the order stays what it was. */
const showConnections = (connections, count) => {
const rank = c => c.peer === own ? 0 : admin.includes(c.local) ? 2 : 1;
const order = [...connections].sort((a, b) => rank(a) - rank(b) || a.state.localeCompare(b.state)).slice(0, rowsMax);
const seen = new Set();
order.forEach((c, i) => {
const key = c.local + " " + c.peer;
let row = known.get(key);
if (!row)
known.set(key, row = rowMake(c));
rowShow(row, c);
seen.add(key);
if (rows.children[i] !== row)
rows.insertBefore(row, rows.children[i] || null);
});
for (const [key, row] of known) {
if (!seen.has(key)) {
row.remove();
known.delete(key);
}
}
id("nobody").hidden = count > 0;
write(id("count"), count > order.length ? `${order.length} of ${count.toLocaleString("en")}` : count.toLocaleString("en"));
first = false;
};

const say = (className, words) => {
live.className = className;
write(live, words);
document.querySelector("main").classList.toggle("stale", className === "away");
};

const show = all => {
showWorkers(all.workers || []);
showStates(all.states || {});
showDiagnoses(all.diagnoses || []);
showListeners(all.listeners || []);
const connections = all.connections || [];
showConnections(connections, connections.length + (all.connections_left_out || 0));
};

const health = {
ready: ["ready", "serving"],
starting: ["", "starting"],
draining: ["ending", "stopping: finishing what was begun"],
};

const events = new EventSource("/xray/events");
events.addEventListener("you", event => {
({ peer: own, admin } = JSON.parse(event.data));
for (const row of known.values())
row.remove();
known.clear();
first = true;
});
events.addEventListener("health", event => say(...health[JSON.parse(event.data)]));
events.onmessage = event => show(JSON.parse(event.data));
events.onerror = () => say("away", "out of touch: trying again");
})();
