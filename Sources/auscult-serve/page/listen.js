// The live spectrogram of a machine: any stream of features or spectra of its run.

import { field, h, replace } from "./dom.js";
import { follow } from "./sse.js";
import { get, path, query } from "./api.js";
import { columns, levelUnit } from "./levels.js";
import { Spectrogram, live } from "./spectrogram.js";

const kinds = ["features", "spectrum", "slice"];
/** Tokens a second. */
const most = 50;
/** Seconds of sound in the picture. */
const shown = 20;

export function listen(place, run, machine, signal) {
  const choice = h("select", { "data-key": "stream" });
  const state = h("p", { class: "quiet", role: "status" }, "Waiting for the graph …");
  const box = h("div", {});
  place.append(field("Stream", choice), state, box);
  let view;
  let close = () => {};
  const start = () => {
    close();
    replace(box);
    if (document.hidden || !choice.value) return;
    const [node, port] = JSON.parse(choice.value);
    const tap = new Tap(node, machine, signal, made => {
      view = made;
      replace(box, made.element);
    });
    close = follow(path("runs", run, "stream") + query({ node, port, machine, most }), (name, value) => {
      if (name === "format") tap.begin(value);
      else if (name === "item") value.kind === "format" ? tap.begin(value) : tap.add(value);
      else if (name === "state") state.textContent = stateWords(value);
      else if (name === "dropped") tap.lose();
    }, text => { state.textContent = text === "open" ? "" : text; });
  };
  choice.addEventListener("change", start);
  document.addEventListener("visibilitychange", start, { signal });
  signal.addEventListener("abort", () => close());
  get(path("runs", run, "graph"), { signal }).then(graph => {
    const streams = choices(graph);
    choice.replaceChildren(...streams.map(({ node, port, kind }) =>
      h("option", { value: JSON.stringify([node, port]) }, `${node} (${kind})`)));
    state.textContent = streams.length ? "" : "This graph has no stream of features or spectra.";
    start();
  }, error => { if (!signal.aborted) state.textContent = error.message; });
  return { mark: hertz => view?.mark(hertz) };
}

const stateWords = ({ state, reason }) => state === "open" ? "" : [state, reason].filter(Boolean).join(": ");

/** Outputs of `kinds`: in the order of `kinds`, and of one kind the last link of the file first. */
function choices(graph) {
  const found = new Map();
  for (const { from, kind } of graph.edges) {
    if (kinds.includes(kind)) found.set(`${from.node}.${from.port}`, { node: from.node, port: from.port, kind });
  }
  const order = it => kinds.indexOf(it.kind) * 100 - [...found.keys()].indexOf(`${it.node}.${it.port}`);
  return [...found.values()].sort((one, other) => order(one) - order(other));
}

/** Turns a stream's items into columns of a spectrogram. */
class Tap {
  constructor(node, machine, signal, show) {
    Object.assign(this, { node, machine, signal, show });
  }

  begin(format) {
    const words = JSON.stringify([format.hertz, format.columns, format.rows, format.scale, format.tokens_per_second]);
    if (words === this.words) return;
    Object.assign(this, { words, format, view: null, first: [] });
  }

  add(item) {
    if (!this.format || !item.values || item.machine !== this.machine) return;
    if ((item.flags ?? []).includes("gap")) this.lose();
    if (this.view) return this.#draw(item);
    // The server leaves out tokens beyond `most`: how far apart they come shows only then.
    this.first.push(item);
    if (this.first.length < 4) return;
    this.#start();
    for (const early of this.first.splice(0)) this.#draw(early);
  }

  lose() { this.view?.add(null, Date.now()); }

  #start() {
    const { format, first } = this;
    const steps = first.slice(1).map((item, index) => (item.begin - first[index].begin) / item.rate);
    const step = Math.max(1e-3, Math.min(...steps.filter(it => it > 0), 60));
    const seconds = step / (format.stream === "slice" ? format.rows : 1);
    const hertz = format.hertz?.length ? format.hertz : Array.from({ length: format.columns }, (_, index) => index);
    this.view = new Spectrogram({
      name: `${this.machine}: ${this.node}`, hertz, unit: levelUnit(format), seconds,
      size: Math.max(60, Math.min(1000, Math.round(shown / seconds))), ...live,
    }, this.signal);
    this.show(this.view);
  }

  #draw(item) {
    const time = item.time ? Date.parse(item.time) : Date.now();
    for (const levels of columns(this.format, item.values)) this.view.add(levels, time);
  }
}
