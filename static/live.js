// Shows what comes in while the page is open: the server says it, at most once a second.

const live = document.querySelector("[data-live-at]");
const said = live.querySelector("[role=status]");
const hold = live.querySelector("button");
const QUIET = 10000; // milliseconds between two sentences that are read out
const SLOWEST = 30000; // and between two tries to connect
const WORDS = [hold.textContent, hold.dataset.goesOn];
let pause = 1000;
let spoke = 0;
let held = false;
let socket = null;
let isComing = document.querySelector("[data-live] #coming, [data-coming]") !== null;

hold.hidden = !isComing;

function place(name) {
  return document.querySelector(`[data-live="${name}"]`);
}

function show({ parts, said: sentence }) {
  for (const [name, html] of Object.entries(parts)) {
    const here = place(name);
    const fresh = Object.assign(document.createElement("template"), { innerHTML: html }).content;
    if (here) mergeChildren(here, fresh, here.childElementCount > 0);
  }
  if (Date.now() - spoke > QUIET) {
    spoke = Date.now();
    said.textContent = sentence;
  }
  isComing = true;
  hold.hidden = false;
}

// What is the same stays, so that nobody loses the place where they are.

function merge(here, fresh) {
  if (here.isEqualNode(fresh)) return;
  if (here.nodeType !== Node.ELEMENT_NODE) {
    here.data = fresh.data;
    return;
  }
  for (const { name } of [...here.attributes]) if (!fresh.hasAttribute(name)) here.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  mergeChildren(here, fresh, true);
}

function mergeChildren(here, fresh, marks) {
  const known = new Map([...here.children].map((one) => [one.dataset.key, one]));
  known.delete(undefined);
  let at = here.firstChild;
  for (const one of [...fresh.childNodes]) {
    const key = one.dataset?.key;
    while (at?.dataset?.key && key && !isLater(fresh, at.dataset.key)) at = dropped(at);
    const same = key ? known.get(key) : at && at.nodeName === one.nodeName && !at.dataset?.key ? at : null;
    if (!same) {
      if (key && marks) one.dataset.new = "";
      here.insertBefore(one, at);
      continue;
    }
    known.delete(key);
    if (same === at) at = at.nextSibling;
    else here.insertBefore(same, at);
    merge(same, one);
  }
  while (at) at = dropped(at);
}

function isLater(fresh, key) {
  return [...fresh.children].some((one) => one.dataset.key === key);
}

function dropped(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function connect() {
  const address = new URL(live.dataset.liveAt, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  let opened = false;
  const mine = new WebSocket(address);
  socket = mine;
  mine.onopen = () => {
    opened = true;
    pause = 1000;
  };
  mine.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    if (told.parts) show(told);
    else if (isComing) look();
  };
  mine.onclose = () => {
    if (socket !== mine) return;
    socket = null;
    if (!held && !document.hidden) setTimeout(again, pause, opened);
    pause = Math.min(2 * pause, SLOWEST);
  };
}

function again(opened) {
  if (socket || held || document.hidden) return;
  if (!opened) look(); // a proxy between lets no WebSocket through: the page itself says the same when it is loaded
  connect();
}

function leave() {
  const mine = socket;
  socket = null;
  mine?.close();
}

// It is over, or nothing can be told: what the page says when it is loaded is shown in its place.
async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", redirect: "manual" });
    if (!answer.ok) return;
    const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    const before = document.querySelector("main");
    for (const part of before.querySelectorAll("[data-live]")) {
      const fresh = main.querySelector(`[data-live="${part.dataset.live}"]`);
      if (fresh) merge(part, fresh);
    }
    isComing = place("coming") ? place("coming").childElementCount > 0 : main.querySelector("[data-coming]") !== null;
    hold.hidden = !isComing;
    if (!isComing) said.textContent = "";
  } catch {
    // The server or the line is gone for a moment; the next try will tell.
  }
}

hold.addEventListener("click", () => {
  held = !held;
  hold.textContent = WORDS[Number(held)];
  if (held) leave();
  else again(true);
});

// Who does not look needs nothing, and takes no place at the server.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) leave();
  else again(true);
});

if (!document.hidden) connect();
