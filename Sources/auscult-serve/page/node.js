// The node that is looked at: what it is, how it goes, and its parameters.

import { button, h, replace } from "./dom.js";
import { plan } from "./plan.js";
import { count, duration, percent } from "./words.js";

/** Shows the chosen node of `view`. */
export function nodePanel(panel, run, view, refresh) {
  const node = view.graph?.nodes.find(it => it.name === view.chosen);
  if (!node) {
    const words = view.chosen && view.graph ? `There is no node ${view.chosen} now.` :
      "Choose a node to see and change its parameters.";
    return replace(panel, h("p", { class: "quiet" }, words));
  }
  const status = (view.status?.nodes ?? []).find(it => it.name === node.name);
  const form = h("form", { class: "parameters", "data-node": node.name }, node.parameters.map(row));
  takeTyped(panel.querySelector("form"), form);
  const note = h("p", { role: "status", class: "quiet" });
  const act = kind => {
    const changed = entries(form).filter(it => it.value !== it.dataset.before);
    const values = changed.map(it => `${it.dataset.name}=${it.value}`);
    if (!values.length) {
      note.textContent = "Change a value first.";
      return;
    }
    note.textContent = "";
    const runs = changed.every(it => it.dataset.running === "true");
    const action = kind ?? (runs ? "set" : "swap");
    plan(`${action} ${node.name} ${values.join(" ")}`, run, action, { node: node.name, values }, () => {
      form.reset();
      view.generation = null;
      refresh();
    });
  };
  form.addEventListener("submit", event => {
    event.preventDefault();
    act();
  });
  const isDetector = /^(detector|classifier)\./.test(node.class);
  form.append(h("p", { class: "row" }, h("button", { type: "submit" }, "Change …"),
    isDetector && button("Try in the shadow …", () => act("shadow"))), note);
  replace(panel, h("h2", {}, `${node.name}: ${node.class}`), h("p", { class: "quiet" }, facts(node, status, view)),
    connections(node, view), form);
}

// Not by `name`: a form has its entries as members of their names, which hide its own, such as `append` and `reset`.
const entries = form => [...form.querySelectorAll("input[data-name]")];

/** What one has typed for this node stays when the graph changes meanwhile. */
function takeTyped(old, form) {
  if (old?.dataset.node !== form.dataset.node) return;
  const present = new Map(entries(form).map(it => [it.dataset.name, it]));
  for (const { value, dataset } of entries(old)) {
    if (value !== dataset.before && present.has(dataset.name)) present.get(dataset.name).value = value;
  }
}

function facts(node, status, view) {
  const seconds = status?.latency_frames / view.status?.rate;
  return [node.thread === "realtime" ? "on the audio thread" : "on a worker",
    status?.load != null && `load ${percent(status.load)}`,
    status?.calls != null && count(status.calls, "call"),
    seconds > 0 && `latency ${duration(seconds)}`,
    status?.failed && "failed: the run skips it"].filter(Boolean).join(" · ");
}

/** The links of a node, with what their queues dropped, and its ports. */
function connections(node, view) {
  const words = ({ from, to, kind }) => {
    const queue = (view.status?.queues ?? []).find(it => it.from === from.node && it.to === to.node);
    const lost = queue?.dropped_tokens;
    return `${from.node}.${from.port} → ${to.node}.${to.port} (${kind}${lost ? `, ${lost} dropped` : ""})`;
  };
  const isOwn = ({ from, to }) => from.node === node.name || to.node === node.name;
  const lines = view.graph.edges.filter(isOwn).map(words);
  for (const port of (view.status?.ports ?? []).filter(it => it.node === node.name)) {
    lines.push(`port ${port.port}: ${(port.peers ?? []).map(peer => peer.port).join(", ") || "not connected"}`);
  }
  return h("ul", { class: "links" }, lines.map(line => h("li", {}, line)));
}

function row(parameter) {
  const { name, value = "", unit, choices } = parameter;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const control = h("input", {
    "data-name": name, value: text, spellcheck: "false", autocomplete: "off", "data-key": `parameter-${name}`, "data-before": text,
    "data-running": String(Boolean(parameter.running)), "aria-describedby": `help-${name}`,
    list: choices?.length ? `choices-${name}` : null,
  });
  const options = (choices ?? []).map(it => h("option", { value: it }));
  const list = options.length > 0 && h("datalist", { id: `choices-${name}` }, options);
  return h("div", { class: "parameter" },
    h("label", {}, h("span", {}, name, unit && h("span", { class: "quiet" }, ` (${unit})`)), control), list,
    h("p", { id: `help-${name}`, class: "quiet" }, helpWords(parameter)));
}

function helpWords({ help, minimum, maximum, running }) {
  const isOpen = [minimum, maximum].every(it => it == null || Math.abs(it) >= 1e9);
  const range = isOpen ? "" : `from ${minimum ?? "…"} to ${maximum ?? "…"}`;
  return [help, range, running && "changes while it runs"].filter(Boolean).join("; ");
}
