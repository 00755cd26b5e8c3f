// The search of an archive's site. A page from a disk may read no other file, but may load scripts: the index is some
// scripts, each of which hands its entries to `found`. All of it is looked through, a chunk after the other.
"use strict";

const MOST_SHOWN = 200;
const BESIDE = 60; // characters of a text before what was found in it
const LONGEST = 240;
const state = document.getElementById("state");
const results = document.getElementById("results");
const chunks = Number(state.dataset.chunks);
const asked = (new URLSearchParams(location.search).get("q") || "").trim();

// As the server normalises (importers/search/normal.py): what has no shape, accents, and letters with a stroke or a tail.
const UNSEEN = /[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]/gu;
const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]/gu;
const PLAIN = { ς: "σ", ı: "i", ø: "o", ł: "l", đ: "d", ð: "d", ħ: "h", ŧ: "t", æ: "ae", œ: "oe", þ: "th", ŋ: "n" };
const QUOTES = /^["'“”„«»‘’]+|["'“”„«»‘’]+$/gu;

// What is alike to who searches: whatever the case, the width, or the accents. In capitals first, of which ß has two.
function alike(text) {
  const bare = text.normalize("NFKD").replace(UNSEEN, "").replace(ACCENTS, "").normalize("NFC");
  return bare.toUpperCase().toLowerCase().replace(/[ςıøłđðħŧæœþŋ]/gu, (one) => PLAIN[one]);
}

const words = [...new Set(alike(asked).split(/\s+/u).map((word) => word.replace(QUOTES, "") || word).filter(Boolean))];
let shown = 0;
let matching = 0;

// A number, in the language of the page.
function counted(number) {
  return number.toLocaleString(document.documentElement.lang);
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = visible(text);
  if (className) made.className = className;
  return made;
}

// Characters that would hide or turn something.
function visible(text) {
  return text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu,
    (one) => `[U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

// Where the first of the words stands in a text; its end where none does.
function placeOf(text) {
  let said = "";
  const where = [];
  let at = 0;
  for (const one of text) {
    const letters = alike(one);
    said += letters;
    for (let left = letters.length; left; left -= 1) where.push(at);
    at += one.length;
  }
  const places = words.map((word) => said.indexOf(word)).filter((one) => one >= 0);
  return places.length ? where[Math.min(...places)] : text.length;
}

function excerpt(text) {
  const at = placeOf(text);
  const begin = at === text.length ? 0 : Math.max(0, at - BESIDE);
  const cut = text.slice(begin, begin + LONGEST);
  return `${begin ? "… " : ""}${cut}${begin + LONGEST < text.length ? " …" : ""}`;
}

function show(page, kind, number, [title, text, day]) {
  const item = document.createElement("li");
  const line = element("p", "", "by small");
  line.append(element("span", kind, "quiet"), element("span", day, "quiet"));
  const link = element("a");
  link.href = `${page}#e${number}`;
  link.append(element("bdi", title));
  const heading = document.createElement("h2");
  heading.append(link);
  item.append(line, heading);
  if (text && text !== title) {
    const said = element("p", "", "said");
    said.append(element("bdi", excerpt(text)));
    item.append(said);
  }
  results.append(item);
}

function found(pages) {
  for (const [page, kind, entries] of pages) {
    entries.forEach((entry, at) => {
      const text = alike(`${entry[0]} ${entry[1]} ${entry[2]}`);
      if (!entry[0] || !words.every((word) => text.includes(word))) return;
      matching += 1;
      if (shown < MOST_SHOWN) {
        shown += 1;
        show(page, kind, at + 1, entry);
      }
    });
  }
}

function load(number) {
  if (number > chunks) {
    const more = matching > shown ? ` ${state.dataset.more.replace("%s", counted(shown))}` : "";
    state.textContent = matching ? state.dataset.found.replace("%s", counted(matching)) + more : state.dataset.nothing;
    return;
  }
  if (number > 1) state.textContent = state.dataset.looking.replace("%s", Math.floor((100 * (number - 1)) / chunks));
  const script = document.createElement("script");
  script.src = `search/${number}.js`;
  script.onload = script.onerror = () => {
    script.remove();
    load(number + 1);
  };
  document.head.append(script);
}

document.getElementById("q").value = asked;
if (words.length) load(1);
