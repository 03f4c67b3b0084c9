// The feed, as it comes. Without this the page is whole, and reloading shows what is new.

const live = document.querySelector("[data-live]");
const list = document.getElementById("entries");
const told = document.getElementById("told");
// More rows than these are on the pages behind.
const MOST_ROWS = 200;

// -- choosing all

const all = document.querySelector("[data-all]");
if (all) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const each of list.querySelectorAll("input[name=entry]")) each.checked = all.checked;
  });
}

// -- saying politely what came: once for all that comes together

let unsaid = [];
let saying;

function say(text) {
  unsaid.push(text);
  clearTimeout(saying);
  saying = setTimeout(() => {
    const more = unsaid.length - 1;
    told.textContent = more ? `${unsaid.at(-1)}, and ${more} more` : unsaid[0];
    unsaid = [];
  }, 1500);
}

// -- rows

function empty() {
  const none = list.children.length === 0;
  list.closest("table").hidden = none;
  document.getElementById("no-entries").hidden = !none;
  const decide = document.getElementById("decide");
  if (decide) decide.hidden = none;
}

// What is in a row is our own server's, with every name in it made text.
function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.querySelector("tr");
}

// Where a row stands in the feed: its time first, and then what decides between those of one time.
function place(row) {
  return JSON.parse(atob(row.dataset.place.replaceAll("-", "+").replaceAll("_", "/")));
}

function isBehind(here, there) {
  const first = here.findIndex((each, number) => each !== there[number]);
  return first >= 0 && here[first] < there[first];
}

function older() {
  return document.querySelector("[data-older]");
}

function put(html, isNew) {
  const row = made(html);
  const before = document.getElementById(row.id);
  // The page was drawn after it had come.
  if (before?.dataset.stands === row.dataset.stands) return;
  const focused = before?.contains(document.activeElement);
  const box = row.querySelector("input[name=entry]");
  if (box) box.checked = before?.querySelector("input[name=entry]")?.checked ?? false;
  before?.remove();
  const stands = place(row);
  const next = [...list.children].find((each) => isBehind(place(each), stands));
  // What stands behind all that is here is on the pages behind, where there are any.
  if (next || before || !older()) {
    list.insertBefore(row, next ?? null);
    if (isNew) {
      row.classList.add("fresh");
      say(row.dataset.says);
    }
    if (focused) row.querySelector("button, a, input")?.focus();
  }
  empty();
  if (list.children.length > MOST_ROWS) anew();
}

function out(id) {
  document.getElementById(id)?.remove();
  empty();
  // There are more of them, on the pages behind.
  if (list.children.length === 0 && older()) anew();
}

function fill(page) {
  const chosen = new Set([...list.querySelectorAll("input:checked")].map((each) => each.value));
  list.replaceChildren(...page.getElementById("entries").children);
  for (const each of list.querySelectorAll("input[name=entry]")) each.checked = chosen.has(each.value);
  document.querySelector(".pager").replaceChildren(...page.querySelector(".pager").children);
  empty();
}

// -- the connection

// After 1, 2, 4 … seconds: a minute in all, then somebody is asked to reload.
const MOST_TRIES = 6;
// Nobody waits longer for the page.
const MOST_MILLISECONDS = 30_000;
// Events that wait while the page is read anew.
const MOST_HELD = 200;

let source;
let paused = false;
// What the page has all until here.
let after = live?.dataset.after;
// The page has not all until there: it is read anew before anything else is put into it.
let stale = false;
let reading = false;
let resume;
let held = [];
let tries = 0;
let again;

function shows(text, isLive) {
  const state = live.querySelector("[data-state]");
  state.hidden = false;
  state.textContent = text;
  state.className = isLive ? "is-live" : "muted";
  live.querySelector("p:first-child").hidden = isLive;
  live.querySelector("button").hidden = false;
}

function close() {
  clearTimeout(again);
  source?.close();
  source = resume = undefined;
  held = [];
}

function ended(text) {
  close();
  shows(text, false);
  live.querySelector("button").hidden = true;
}

function failed() {
  if (tries >= MOST_TRIES) return ended("Not live");
  shows("Reconnecting", false);
  clearTimeout(again);
  again = setTimeout(anew, 1000 * 2 ** tries);
  tries += 1;
}

// Reads the page anew. What comes meanwhile waits, for nobody knows whether that page has it.
async function anew() {
  stale = true;
  if (reading || paused || document.hidden) return;
  reading = true;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(MOST_MILLISECONDS) });
    if (answer.redirected || answer.status === 401) return ended("Signed out");
    if (!answer.ok) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (paused || document.hidden) return;
    fill(page);
    after = resume ?? page.querySelector("[data-live]").dataset.after;
  } catch {
    if (!paused && !document.hidden) failed();
    return;
  } finally {
    reading = false;
  }
  stale = false;
  resume = undefined;
  if (source?.readyState === EventSource.OPEN) {
    tries = 0;
    shows("Live", true);
  }
  const waited = held;
  held = [];
  for (const each of waited) came(...each);
  open();
}

function came(name, data, stands) {
  if (stale) {
    // One word for all of them.
    if (held.length >= MOST_HELD) held = [["anew", "", stands]];
    else held.push([name, data, stands]);
  } else if (name === "anew") {
    resume = stands;
    say("Many changes came at once");
    anew();
  } else {
    if (name === "out") out(data);
    else put(data, name === "new");
    if (stands) after = stands;
  }
}

function open() {
  if (source || paused || document.hidden) return;
  if (stale) {
    anew();
    return;
  }
  const address = new URL(live.dataset.live, location);
  address.searchParams.set("after", after);
  source = new EventSource(address);
  source.onopen = () => {
    if (stale) return;
    tries = 0;
    shows("Live", true);
  };
  source.onerror = () => {
    if (source?.readyState === EventSource.CLOSED) {
      // It was refused, and the page says why: nobody is signed in, or the store is away.
      close();
      stale = true;
      failed();
    } else {
      shows("Reconnecting", false);
    }
  };
  for (const name of ["new", "other", "out", "anew"]) {
    source.addEventListener(name, (event) => came(name, event.data, event.lastEventId));
  }
  source.addEventListener("signed-out", () => ended("Signed out"));
}

// Somebody looks again.
function back() {
  tries = 0;
  open();
}

if (live) {
  const button = live.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    if (paused) {
      close();
      shows("Paused", false);
    } else {
      back();
    }
  });
  // A browser has six connections to a host: a page that nobody looks at keeps none.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : back()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", back);
  open();
}
