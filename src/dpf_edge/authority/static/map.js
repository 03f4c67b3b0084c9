// The map: drawn where the server says, walked by mouse, finger and keyboard. Labels go onto a
// canvas, where text is text. The tables of the page hold the same.

const holder = document.querySelector("[data-map]");
const says = document.querySelector("[data-map-says]");
const wait = document.querySelector("[data-map-wait]");
const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
// Never nearer than this by itself: three devices need not fill the screen.
const NEAREST = 1.2;
// More lines to stations than these hide what they join: each shows when its end is looked at.
const MOST_HANGING = 60;
let crowded = false;

// The page's colours, as they are right now: a canvas knows no custom properties.
function tone(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  holder.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function style() {
  const at = Object.fromEntries(
    ["ground", "sheet", "sunk", "line", "text", "muted", "accent", "yes", "yes-ground", "no",
      "no-ground", "doubt", "doubt-ground"].map((name) => [name, tone(name)]),
  );
  const font = getComputedStyle(document.body).fontFamily;
  const below = { "text-valign": "bottom", "text-margin-y": 4 };
  const stated = (state, line, ground, more = {}) => ({
    selector: state,
    style: { "border-color": at[line], "background-color": at[ground], ...more },
  });
  return [
    { selector: "node", style: {
      label: "data(label)", "font-family": font, "font-size": 11, color: at.text,
      "text-wrap": "wrap", "text-max-width": 124, "text-overflow-wrap": "anywhere",
      width: 26, height: 26, shape: "ellipse", "background-color": at.sheet,
      "border-width": 1.5, "border-color": at.muted, "min-zoomed-font-size": 5, ...below,
    } },
    { selector: "node[state = 'gone']", style: { "border-style": "dotted", color: at.muted } },
    { selector: "node[?is_box]", style: {
      shape: "round-rectangle", "background-color": at.sunk, "background-opacity": 0.6,
      "border-color": at.line, "text-valign": "top", "text-margin-y": -4, padding: 12,
      "font-weight": 600, "text-wrap": "none", "text-max-width": 900,
      "min-width": 100,
    } },
    { selector: "node[kind = 'site'][?is_box]", style: {
      "background-color": at.sheet, "background-opacity": 1, "font-size": 13,
    } },
    { selector: "node[kind = 'site'][!is_box]", style: {
      shape: "round-rectangle", width: 116, height: 44, "text-valign": "center",
      "text-margin-y": 0, "border-style": "dashed",
    } },
    { selector: "node[kind = 'subnet'][!is_box]", style: {
      shape: "round-rectangle", width: 122, height: 44, "text-valign": "center",
      "text-margin-y": 0, "text-max-width": 116,
    } },
    { selector: "node[kind = 'place']", style: {
      shape: "round-rectangle", width: 122, height: 76, "text-valign": "center",
      "text-margin-y": 0, "text-max-width": 112,
    } },
    stated("node[kind = 'subnet'][state = 'layer-2']", "yes", "yes-ground"),
    stated("node[kind = 'subnet'][state = 'layer-3']", "yes", "sheet", { "border-style": "dashed" }),
    stated("node[kind = 'subnet'][state = 'unproven']", "doubt", "doubt-ground"),
    stated("node[kind = 'subnet'][state = 'away']", "doubt", "doubt-ground", { "border-style": "dotted" }),
    stated("node[kind = 'subnet'][state = 'told']", "no", "no-ground", { "border-style": "dotted" }),
    stated("node[kind = 'subnet'][state = 'unseen']", "no", "no-ground", { "border-style": "dashed" }),
    { selector: "node[kind = 'node']", style: {
      shape: "octagon", width: 32, height: 32, "border-width": 3, "font-weight": 600,
    } },
    stated("node[kind = 'node'][state = 'yes'], node[kind = 'place'][state = 'yes']", "yes", "yes-ground"),
    stated("node[kind = 'node'][state = 'no'], node[kind = 'place'][state = 'no']", "no", "no-ground", { "border-style": "dashed" }),
    stated("node[kind = 'node'][state = 'unknown'], node[kind = 'place'][state = 'unknown']", "doubt", "doubt-ground", { "border-style": "dashed" }),
    stated("node[kind = 'node'][state = 'away'], node[kind = 'place'][state = 'away']", "muted", "sunk", { "border-style": "dotted" }),
    { selector: "node[kind = 'router'], node[kind = 'gateway'], node[kind = 'firewall']", style: {
      shape: "diamond", width: 36, height: 36, "border-color": at.accent, "border-width": 2.5,
    } },
    { selector: "node[kind = 'switch'], node[kind = 'access_point'], node[kind = 'wireless_ap']", style: {
      shape: "rectangle", width: 34, height: 22, "border-color": at.accent, "border-width": 2.5,
    } },
    { selector: "node[kind = 'more']", style: {
      shape: "round-rectangle", width: 70, height: 28, "text-valign": "center",
      "text-margin-y": 0, "border-style": "dotted", color: at.muted,
    } },
    { selector: "edge", style: {
      width: 1.5, "line-color": at.muted, "curve-style": "straight", opacity: 0.75,
      "font-family": font, "font-size": 9, color: at.muted, "min-zoomed-font-size": 7,
      "text-background-color": at.sheet, "text-background-opacity": 0.85,
      "text-background-padding": 2,
    } },
    { selector: "edge[kind = 'sees']", style: { "line-color": at.yes, width: 2.5 } },
    { selector: "edge[kind = 'unproven']", style: { "line-color": at.doubt, width: 2.5, "line-style": "dashed" } },
    { selector: "edge[kind = 'away']", style: { "line-style": "dotted", width: 2 } },
    { selector: "edge[kind = 'routes']", style: { "line-color": at.accent } },
    { selector: "edge[kind = 'cable']", style: {
      "line-style": "dashed", "curve-style": "unbundled-bezier", "control-point-distances": 22,
      "control-point-weights": 0.5,
    } },
    { selector: "edge[kind = 'hangs']", style: { width: 1, opacity: crowded ? 0 : 0.35 } },
    { selector: "edge.near", style: { label: "data(label)", opacity: 1, width: 3 } },
    { selector: "node.here", style: {
      "underlay-color": at.accent, "underlay-opacity": 0.35, "underlay-padding": 7,
      "underlay-shape": "round-rectangle",
    } },
  ];
}

function elements(told) {
  const there = new Set(told.elements.filter((each) => each.is_box).map((each) => each.id));
  return [
    ...told.elements.map(({ x, y, parent, ...data }) => ({
      group: "nodes",
      data: { state: "", ...data, ...(there.has(parent) ? { parent } : {}) },
      ...(data.is_box ? {} : { position: { x, y } }),
    })),
    ...told.lines.map((data, number) => ({
      group: "edges",
      data: { id: `line:${number}`, ...data },
    })),
  ];
}

function drawn(told) {
  crowded = told.lines.filter((each) => each.kind === "hangs").length > MOST_HANGING;
  const cy = window.cytoscape({
    container: holder,
    elements: elements(told),
    style: style(),
    layout: { name: "preset", fit: false },
    minZoom: 0.05,
    maxZoom: 4,
    autoungrabify: true,
    boxSelectionEnabled: false,
    selectionType: "single",
    pixelRatio: "auto",
  });
  const opened = told.opened ? cy.$id(told.opened) : cy.collection();
  if (opened.length) cy.fit(opened, 24);
  else whole(cy);
  return cy;
}

function whole(cy) {
  cy.fit(cy.elements(), 24);
  if (cy.zoom() > NEAREST) {
    cy.zoom(NEAREST);
    cy.center(cy.elements());
  }
}

function nearer(cy, by) {
  const middle = { x: holder.clientWidth / 2, y: holder.clientHeight / 2 };
  cy.zoom({ level: cy.zoom() * by, renderedPosition: middle });
}

// -- going from element to element

let here = null;

function told(node) {
  const lines = [node.data("label").replaceAll("\n", ", ")];
  const detail = node.data("detail");
  if (detail && !lines[0].includes(detail)) lines.push(detail.replaceAll("_", " "));
  const ties = node.connectedEdges().length;
  if (ties) lines.push(ties === 1 ? "1 line" : `${ties} lines`);
  if (node.data("kind") === "node" && node.data("state") === "no") lines.push("ties to nothing");
  if (node.data("href")) lines.push("Enter opens it");
  return lines.join(" · ");
}

function go(cy, node) {
  cy.elements().removeClass("here near");
  here = node;
  if (!node) {
    says.textContent = "";
    return;
  }
  node.addClass("here");
  node.connectedEdges().addClass("near");
  says.textContent = told(node);
}

function intoSight(cy, node) {
  const at = node.renderedBoundingBox();
  const room = { x: holder.clientWidth, y: holder.clientHeight };
  if (at.x1 >= 0 && at.y1 >= 0 && at.x2 <= room.x && at.y2 <= room.y) return;
  if (reduced) cy.center(node);
  else cy.animate({ center: { eles: node } }, { duration: 150 });
}

// The nearest element in a direction: what is off to the side counts double.
function next(cy, x, y) {
  const all = cy.nodes().filter((node) => !node.isParent());
  if (!here) return all[0];
  const from = here.position();
  let best = null;
  let least = Infinity;
  all.forEach((node) => {
    if (node.same(here)) return;
    const by = { x: node.position("x") - from.x, y: node.position("y") - from.y };
    const along = by.x * x + by.y * y;
    if (along <= 1) return;
    const length = along + 2 * Math.abs(by.x * y - by.y * x);
    if (length < least) [best, least] = [node, length];
  });
  return best ?? here;
}

function open(node) {
  const href = node?.data("href");
  if (href) location.assign(href);
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function keyed(cy, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (WAYS[event.key]) {
    const node = next(cy, ...WAYS[event.key]);
    if (node) {
      go(cy, node);
      intoSight(cy, node);
    }
  } else if (event.key === "Enter") open(here);
  else if (event.key === "+" || event.key === "=") nearer(cy, 1.25);
  else if (event.key === "-") nearer(cy, 0.8);
  else if (event.key === "0") whole(cy);
  else if (event.key === "Escape") go(cy, null);
  else return;
  event.preventDefault();
}

// -- a picture to keep

async function saved(cy) {
  const octets = await cy.png({ output: "blob-promise", full: true, scale: 2, maxWidth: 8000, maxHeight: 8000, bg: tone("ground") });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(octets);
  const name = holder.dataset.name.replace(/[^\p{L}\p{N}.-]+/gu, "-").slice(0, 60);
  link.download = `map-${name || "network"}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  says.textContent = `Saved as ${link.download}`;
}

function wired(cy) {
  const tools = document.querySelector("[data-map-tools]");
  const does = {
    fit: () => whole(cy),
    in: () => nearer(cy, 1.25),
    out: () => nearer(cy, 0.8),
    png: () => saved(cy),
  };
  if (tools) {
    tools.hidden = false;
    tools.addEventListener("click", (event) => does[event.target.closest("[data-map-do]")?.dataset.mapDo]?.());
  }
  cy.on("tap", "node", (event) => {
    if (event.target.isParent()) return go(cy, event.target);
    go(cy, event.target);
    open(event.target);
  });
  cy.on("tap", (event) => event.target === cy && go(cy, null));
  cy.on("mouseover", "node", (event) => {
    go(cy, event.target);
    holder.classList.toggle("leads", Boolean(event.target.data("href")));
  });
  cy.on("mouseout", "node", () => holder.classList.remove("leads"));
  holder.addEventListener("keydown", (event) => keyed(cy, event));
  const again = () => cy.style(style());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  new ResizeObserver(() => cy.resize()).observe(holder);
}

async function start() {
  wait.textContent = "Drawing…";
  try {
    const answer = await fetch(holder.dataset.map, { headers: { "hx-request": "true" } });
    if (answer.status === 401) return location.assign("/sign-in");
    if (!answer.ok) throw new Error(`the Authority answered ${answer.status}`);
    const cy = drawn(await answer.json());
    wired(cy);
    wait.remove();
    holder.dataset.drawn = String(cy.nodes().length);
    // What a debugger or a test asks.
    holder.map = cy;
  } catch (error) {
    wait.textContent = `The map could not be drawn: ${error.message}. The tables hold the same.`;
  }
}

if (holder) start();
