// Shows how far an import is, as the server says it every second, and how it has ended.

const card = document.querySelector("[data-realtime]");
const places = Object.fromEntries([...document.querySelectorAll("[data-shown]")].map((place) => [place.dataset.shown, place]));
const bar = card.querySelector("progress");
const SLOWEST = 30000; // milliseconds between two tries to connect
const QUIET = 15000; // and between two sentences that are read out
const told = card.querySelector("[role=status]");
let pause = 1000;
let spoke = Date.now();

function write(name, text) {
  if (places[name].textContent !== text) places[name].textContent = text;
}

// What a screen reader says: now and then how far it is, and at once that something else has begun.
function tell(title, percent, said) {
  if (places.title.textContent === title && Date.now() - spoke < QUIET) return;
  spoke = Date.now();
  told.textContent = [title, percent === null ? "" : `${percent} %`, said].filter(Boolean).join(". ");
}

function show({ title, lead, percent, said, counts, detail }) {
  tell(title, percent, said);
  document.title = `${percent === null ? "" : `${percent} % · `}${title} · Wharf`;
  write("title", title);
  write("lead", lead);
  write("said", said);
  write("detail", detail);
  write("percent", percent === null ? "" : `${percent} %`);
  places.percent.hidden = percent === null;
  if (percent === null) bar.removeAttribute("value");
  else bar.value = percent;
  places.counts.replaceChildren(...counts.map(total));
}

function total({ number, kind }) {
  const figure = Object.assign(document.createElement("span"), { className: "figure", textContent: number });
  const words = Object.assign(document.createElement("span"), { className: "quiet", textContent: kind });
  const line = document.createElement("li");
  line.append(figure, " ", words);
  return line;
}

function connect() {
  const address = new URL(card.dataset.realtime, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  let ended = false;
  let opened = false;
  socket.onopen = () => {
    opened = true;
    pause = 1000;
  };
  socket.onmessage = ({ data }) => {
    const { redirect, progress } = JSON.parse(data);
    if (progress) show(progress);
    if (redirect) {
      ended = true;
      location.reload(); // the page says how it has ended
    }
  };
  socket.onclose = () => {
    if (ended) return;
    // The server restarts, or a proxy between lets no WebSocket through: the page itself says the same when it is loaded.
    setTimeout(opened ? connect : look, pause);
    pause = Math.min(2 * pause, SLOWEST);
  };
}

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && !page.querySelector("[data-realtime]")) {
      location.reload();
      return;
    }
    for (const name of Object.keys(places)) {
      const fresh = page.querySelector(`[data-shown="${name}"]`);
      if (answer.ok && fresh) places[name].innerHTML = fresh.innerHTML;
    }
  } catch {
    // The server or the line is gone for a moment; the next try will tell.
  }
  connect();
}

connect();
