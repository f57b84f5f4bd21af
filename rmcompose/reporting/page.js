"use strict";
// The samples of a report: filter, search and traces. The state is in the address (#q=…&sort=high&open=12.0), so that
// it can be shared and kept. Nothing is fetched, and texts become nodes of text only, never markup.

const samples = JSON.parse(document.getElementById("data").textContent).samples;
const form = document.getElementById("filter");
const list = document.getElementById("list");
const more = document.getElementById("more");
const theme = document.getElementById("theme");
const DEFAULTS = { q: "", sort: "low", status: "", kind: "", min: "", max: "", node: "", nmin: "", nmax: "" };
const PAGE = 50;
let shown = PAGE;
let open = new Set();
let openAll = false;

document.documentElement.classList.add("scripted");
for (const one of samples) one.key = `${one.row}.${one.index}`;

// ---- elements -------------------------------------------------------------------------------------------------------

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function number(value) {
  if (typeof value !== "number") return value === null || value === undefined ? "–" : String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString("en-US").replace("-", "−");
  const short = value.toPrecision(4);
  return (short.includes("e") ? short : short.replace(/\.?0+$/, "")).replace("-", "−");
}

// a text with the words of the search marked
function marked(text) {
  const words = searched(state().q);
  const made = document.createDocumentFragment();
  if (!words.length) {
    made.append(text);
    return made;
  }
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // what stands between is even, a word that was found is odd
  text.split(new RegExp(`(${escaped.join("|")})`, "gi")).forEach((part, place) => {
    if (part) made.append(place % 2 ? element("mark", "", part) : part);
  });
  return made;
}

function block(title, text) {
  if (typeof text !== "string") return [];
  const body = element("pre", "", text === "" ? "(empty)" : marked(text));
  body.dir = "auto";
  body.tabIndex = 0;
  return [element("h4", "", title), body];
}

// ---- one sample -----------------------------------------------------------------------------------------------------

function reasonText(reason) {
  if (reason === null || reason === undefined) return "";
  if (typeof reason === "string") return reason;
  if (typeof reason !== "object") return String(reason);
  const at = reason.node ? ` at ${reason.node}` : "";
  return `${reason.kind ?? ""}${at}${reason.message ? `: ${reason.message}` : ""}`;
}

function nodeRow(name, node, className) {
  const asked = node.calls ? `${number(node.calls)} calls, ${number(node.tokens)} tokens` : node.cached ? "from the cache" : "";
  const cost = node.cost ? `, cost ${number(node.cost)}` : "";
  const value = node.steps ? "per step" : number(node.value);
  const cells = [
    element("th", "", marked(name)),
    element("td", typeof node.value === "number" ? "n" : "", marked(value)),
    element("td", "", node.status),
    element("td", "", marked(reasonText(node.reason))),
    element("td", "", asked + cost),
  ];
  cells[0].scope = "row";
  cells[3].dir = "auto";
  return element("tr", className, ...cells);
}

function trace(response) {
  const heads = ["node", "value", "status", "why", "asked"].map((name) => element("th", "", name));
  for (const head of heads) head.scope = "col";
  const body = element("tbody", "");
  for (const [name, node] of Object.entries(response.nodes)) {
    body.append(nodeRow(name, node, ""));
    const steps = Array.isArray(node.steps) ? node.steps : node.steps ? [node.steps] : [];
    steps.forEach((step, place) => {
      const told = typeof step === "object" && step !== null ? step : { value: null, status: "", reason: String(step) };
      body.append(nodeRow(`step ${place + 1}`, told, "step"));
    });
    if (node.detail) {
      const text = typeof node.detail === "string" ? node.detail : JSON.stringify(node.detail, null, 1);
      const cell = element("td", "", ...block(`detail of ${name}`, text));
      cell.colSpan = heads.length;
      body.append(element("tr", "", cell));
    }
  }
  const table = element("table", "", element("thead", "", element("tr", "", ...heads)), body);
  return element("div", "scroll", table);
}

function inside(one) {
  const steps = Array.isArray(one.steps)
    ? one.steps.map((step, place) => `${place + 1}. ${number(step.score)}  ${reasonText(step.reason)}`.trim()).join("\n")
    : undefined;
  const parts = [
    ...block("Prompt", one.prompt),
    ...block("Response", one.text),
    ...block("Reference", one.reference),
    ...block("Why it is unscored", one.reason ? reasonText(one.reason) : undefined),
    ...block("Scores of its steps", steps),
    element("h4", "", "Trace"),
    Object.keys(one.nodes).length ? trace(one) : element("p", "soft", "No node was evaluated."),
  ];
  if (one.more_nodes) parts.push(element("p", "soft", `${one.more_nodes} more nodes are not shown.`));
  return element("div", "inside", ...parts);
}

function excerpt(one) {
  const text = one.text ?? one.prompt ?? "";
  if (one.score === null) return reasonText(one.reason);
  if (text) return text.slice(0, 300).replace(/\s+/g, " ");
  return Object.entries(one.nodes).slice(0, 8).map(([name, node]) => `${name} ${number(node.value)}`).join(" · ");
}

function sample(one) {
  const name = element("span", "name", marked(one.id));
  if (one.of > 1) name.append(element("span", "soft", ` · response ${one.index}`));
  if (one.best) name.append(element("span", "tag", "best"));
  const score = element("span", "score", one.score === null ? "unscored" : number(one.score));
  const line = element("span", "excerpt", marked(excerpt(one)));
  name.dir = line.dir = "auto";
  const made = element("details", "sample", element("summary", "", score, name, line));
  made.dataset.key = one.key;
  const fill = () => {
    if (made.open && made.children.length === 1) made.append(inside(one));
  };
  made.addEventListener("toggle", () => {
    fill();
    if (made.open) open.add(one.key);
    else open.delete(one.key);
    remember();
  });
  made.open = openAll || open.has(one.key);
  fill();
  return made;
}

// ---- filter, search, order ------------------------------------------------------------------------------------------

// words, and phrases in quotes
function searched(text) {
  return [...text.toLowerCase().matchAll(/"([^"]+)"|[^\s"]+/g)].map(([whole, phrase]) => phrase ?? whole);
}

function nodeText([name, node]) {
  const steps = Array.isArray(node.steps) ? node.steps.map((step, place) => nodeText([`step ${place + 1}`, step])) : [];
  return [name, number(node.value), node.status, reasonText(node.reason), JSON.stringify(node.detail) ?? "", ...steps].join("\n");
}

function textOf(one) {
  if (one.searchable === undefined) {
    const nodes = Object.entries(one.nodes).map(nodeText);
    one.searchable = [one.id, one.prompt, one.text, one.reference, reasonText(one.reason), ...nodes].join("\n").toLowerCase();
  }
  return one.searchable;
}

function between(value, low, high) {
  if (low === "" && high === "") return true;
  if (typeof value !== "number") return false;
  return (low === "" || value >= Number(low)) && (high === "" || value <= Number(high));
}

function fits(one, wanted, words) {
  if (wanted.status === "best" ? !one.best : wanted.status && (one.score === null) === (wanted.status === "scored")) return false;
  if (wanted.kind && (!one.reason || one.reason.kind !== wanted.kind)) return false;
  if (!between(one.score, wanted.min, wanted.max)) return false;
  if (wanted.node) {
    const node = one.nodes[wanted.node];
    if (!node) return false;
    const values = Array.isArray(node.steps) ? node.steps.map((step) => step.value) : [node.value];
    if (!values.some((value) => between(value, wanted.nmin, wanted.nmax))) return false;
  }
  return words.every((word) => textOf(one).includes(word));
}

const byRow = (a, b) => a.row - b.row || a.index - b.index;
const unscoredLast = (a, b) => (a.score === null) - (b.score === null);
const ORDERS = {
  low: (a, b) => unscoredLast(a, b) || a.score - b.score || byRow(a, b),
  high: (a, b) => unscoredLast(a, b) || b.score - a.score || byRow(a, b),
  unscored: (a, b) => unscoredLast(b, a) || byRow(a, b),
  row: byRow,
};

function state() {
  const told = {};
  for (const name of Object.keys(DEFAULTS)) told[name] = form.elements[name].value;
  return told;
}

function render() {
  const wanted = state();
  const words = searched(wanted.q);
  const found = samples.filter((one) => fits(one, wanted, words)).sort(ORDERS[wanted.sort] ?? ORDERS.low);
  list.replaceChildren(...found.slice(0, shown).map(sample));
  more.hidden = found.length <= shown;
  document.getElementById("count").textContent = found.length
    ? `${number(found.length)} of ${number(samples.length)} fit.`
    : samples.length ? "Nothing here fits." : "There is nothing to show.";
}

// ---- the address ----------------------------------------------------------------------------------------------------

function remember() {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(state())) if (value !== DEFAULTS[name]) told.set(name, value);
  if (theme.value !== "auto") told.set("theme", theme.value);
  if (openAll) told.set("open", "all");
  else if (open.size) told.set("open", [...open].slice(0, 20).join(","));
  const text = told.toString();
  // an address of a section stays as it is until something is chosen
  if (!text && !location.hash.includes("=")) return;
  try {
    history.replaceState(null, "", text ? `#${text}` : "#");
  } catch {
    // some browsers refuse this for files and for too many changes; the page works without
  }
}

function recall() {
  if (location.hash.length > 1 && !location.hash.includes("=")) return false;
  const told = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(DEFAULTS)) {
    const control = form.elements[name];
    control.value = told.get(name) ?? value;
    if (control.tagName === "SELECT" && control.selectedIndex < 0) control.value = value;
  }
  const wanted = told.get("theme") ?? "auto";
  theme.value = ["light", "dark"].includes(wanted) ? wanted : "auto";
  applyTheme();
  openAll = told.get("open") === "all";
  open = new Set(openAll ? [] : (told.get("open") ?? "").split(",").filter(Boolean));
  return true;
}

function applyTheme() {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}

function changed() {
  shown = PAGE;
  openAll = false;
  remember();
  render();
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", changed);
form.addEventListener("reset", () => setTimeout(() => { open.clear(); changed(); }));
theme.addEventListener("change", () => { applyTheme(); remember(); });
more.addEventListener("click", () => { shown += PAGE; render(); });
window.addEventListener("hashchange", () => { if (recall()) render(); });
window.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    form.elements.q.focus();
  }
});

recall();
render();
