// What makes the pages handier. Each works without it.

// -- colours: as the system has them, light, dark

const order = ["system", "light", "dark"];
const says = {
  system: "Colours: as the system has them",
  light: "Colours: light",
  dark: "Colours: dark",
};

function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.hidden = false;
  const tell = () => {
    button.setAttribute("aria-label", says[chosen()]);
    button.title = says[chosen()];
  };
  tell();
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(chosen()) + 1) % order.length];
    if (next === "system") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem("theme");
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem("theme", next);
    }
    tell();
  });
}

// -- forms that send themselves when something else is chosen

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (!form) return;
  if (form.dataset.leavesOut) takeAlong(form);
  form.requestSubmit();
});

// What was typed since the page was loaded stands in its address alone.
function takeAlong(form) {
  for (const each of form.querySelectorAll("input[type=hidden]")) each.remove();
  const out = form.dataset.leavesOut.split(" ");
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (!value || out.includes(name)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
}

// -- copying: only a secure context has a clipboard (https, or this machine's own address)

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.closest("figure").querySelector("code").textContent);
  const before = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = before), 2000);
});

// -- a menu is closed by a click elsewhere, and by Escape

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// -- a piece of a page that did not come: the page stays as it is, and says so beside it

let trouble;
let troubled;

function well(element) {
  if (troubled !== element && troubled?.isConnected) return;
  trouble?.remove();
  trouble = troubled = undefined;
}

function ill(element, target, says) {
  const text = `That did not work: ${says}`;
  troubled = element;
  // What is asked for every few seconds is said once.
  if (trouble?.isConnected && trouble.textContent === text) return;
  trouble?.remove();
  trouble = document.createElement("p");
  trouble.className = "notice bad";
  trouble.setAttribute("role", "alert");
  trouble.textContent = text;
  const piece = target?.closest?.("main [id]");
  if (piece) piece.before(trouble);
  else document.getElementById("main").prepend(trouble);
}

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response.status < 400) well(ctx.sourceElement);
});
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const page = new DOMParser().parseFromString(ctx.text, "text/html");
  const says = page.querySelector("[role=alert]")?.textContent.trim();
  ill(ctx.sourceElement, ctx.target, says || `the Authority answers ${ctx.response.status}`);
});
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !ctx.response) ill(ctx.sourceElement, ctx.target, "the Authority does not answer");
});

// -- a page that tells how things are reads itself anew, while nobody is at work in it

let readAt = Date.now();
let isReading = false;

function isAtWork(main) {
  const at = document.activeElement;
  return (at !== main && main.contains(at)) || main.querySelector("details[open]") !== null
    || !getSelection().isCollapsed;
}

async function readAnew() {
  const fresh = document.querySelector("#main [data-fresh]");
  const main = document.getElementById("main");
  const isDue = fresh && Date.now() - readAt >= fresh.dataset.fresh * 1000;
  if (!isDue || isReading || document.hidden || isAtWork(main)) return;
  isReading = true;
  try {
    const answer = await fetch(location.href);
    // Signed out: the door says so. What else does not come leaves the page as it is, with its time.
    if (answer.redirected) location.reload();
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (isAtWork(main)) return;
    main.replaceChildren(...page.getElementById("main").childNodes);
    document.title = page.title;
  } catch {
    // The Authority is away; the time at the foot of the page says of when it is.
  } finally {
    readAt = Date.now();
    isReading = false;
  }
}

setInterval(readAnew, 1000);
document.addEventListener("visibilitychange", readAnew);
