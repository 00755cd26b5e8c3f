// The keys ← and →, and a swipe, go to the photo before and after this one; + and −, and a double click, zoom; Escape
// shows all of it, and then leads back to the list.

const go = (rel) => document.querySelector(`.pager a[rel="${rel}"]`)?.click();

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest("video, input:not([type=checkbox]), textarea, select")) return;
  if (event.key === "+") zoom(1);
  if (event.key === "-") zoom(-1);
  if (event.key === "Escape" && !document.querySelector(":popover-open")) isLarge() ? zoom(-sizes.length) : leave();
  if (event.shiftKey || isLarge()) return; // the arrows move the photo then; most keyboards have + where it takes Shift
  if (event.key === "ArrowLeft") go("prev");
  if (event.key === "ArrowRight") go("next");
});

// Whoever goes on by Enter on a link stands on the same link of the next page.
for (const link of document.querySelectorAll(".pager a[rel]")) {
  link.addEventListener("click", (event) => {
    if (event.isTrusted && event.detail === 0) sessionStorage.setItem("pager", link.rel);
  });
}
const stoodOn = sessionStorage.getItem("pager");
sessionStorage.removeItem("pager");
if (stoodOn) (document.querySelector(`.pager a[rel="${stoodOn}"]`) ?? document.querySelector(".pager a[rel]"))?.focus({ preventScroll: true });

// The page that a photo was opened from is the one to go back to, also from the photos beside it.
const place = location.pathname.split("/").slice(-2, -1)[0];
const from = document.referrer ? new URL(document.referrer) : null;
if (from?.origin === location.origin && !/\/(photos|videos)\/[^/]+\/$/.test(from.pathname)) sessionStorage.setItem("list", from.href);

function leave() {
  const list = sessionStorage.getItem("list") ?? [...document.querySelectorAll(".crumbs a")].pop()?.href;
  if (list) location.assign(`${list.split("#")[0]}#${place}`);
}

const sizes = [...document.querySelectorAll(".zoom input")];
const pane = document.querySelector(".pane");
const isLarge = () => sizes.length > 0 && !sizes[0].checked;

// What was in the middle of the pane, or under the pointer, stays there.
function zoom(steps, across = 0.5, down = 0.5) {
  const now = sizes.findIndex((one) => one.checked);
  const wanted = sizes[Math.min(Math.max(now + steps, 0), sizes.length - 1)];
  if (!wanted || wanted.checked) return;
  const x = (pane.scrollLeft + across * pane.clientWidth) / pane.scrollWidth;
  const y = (pane.scrollTop + down * pane.clientHeight) / pane.scrollHeight;
  wanted.checked = true;
  pane.scrollTo(x * pane.scrollWidth - across * pane.clientWidth, y * pane.scrollHeight - down * pane.clientHeight);
}

pane?.addEventListener("dblclick", (event) => {
  const box = pane.getBoundingClientRect();
  const at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  zoom(isLarge() ? -sizes.length : 1, ...at);
});

let began = null;
const stage = document.querySelector(".stage");
stage?.addEventListener("touchstart", (event) => {
  const isFree = !isLarge() && (visualViewport?.scale ?? 1) < 1.01; // where two fingers made the page larger, one moves it
  began = event.touches.length === 1 && isFree && !event.target.closest("video") ? event.touches[0] : null;
}, { passive: true });
stage?.addEventListener("touchend", (event) => {
  if (!began) return;
  const ended = event.changedTouches[0];
  const across = ended.clientX - began.clientX;
  if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(ended.clientY - began.clientY)) go(across > 0 ? "prev" : "next");
  began = null;
}, { passive: true });
