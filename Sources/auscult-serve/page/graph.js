// The graph of a run as a picture that tells load, drops and latency; and the node that is looked at.

import { drawGraph } from "./drawing.js";
import { get, path } from "./api.js";
import { h, replace } from "./dom.js";
import { link } from "./router.js";
import { moveByArrows } from "./arrows.js";
import { nodePanel } from "./node.js";
import { changePanel } from "./changes.js";
import { every } from "./timers.js";
import { count, duration, figure, percent } from "./words.js";

export function graph(place, { run, node }, signal) {
  const summary = h("p", { class: "quiet" });
  const problem = h("p", { class: "problem", role: "status" });
  const picture = h("div", { class: "scroll" });
  const panel = h("section", { "aria-label": "Node", class: "panel" });
  const changes = h("section", { "aria-labelledby": "changes" });
  place.append(h("h1", {}, `Graph of ${run}`), summary,
    h("p", { class: "row" }, h("a", { href: link("run", run, "edit") }, "Edit its file")),
    problem, picture, panel, changes);
  moveByArrows(picture, "a.node", signal);
  const view = { graph: null, status: null, chosen: node };
  const draw = () => {
    if (!view.graph) return;
    const width = picture.clientWidth || innerWidth;
    replace(picture, drawGraph(run, view.graph, name => texts(name, view.status), view.chosen, width));
    summary.textContent = summaryWords(view.status);
  };
  const choose = name => {
    view.chosen = name;
    draw();
    nodePanel(panel, run, view, refresh);
  };
  const refresh = async () => {
    try {
      view.status = withLoads(await get(path("runs", run), { signal }), view.status);
      if (!view.graph || view.generation !== view.status.generation) {
        view.graph = await get(path("runs", run, "graph"), { signal });
        view.generation = view.status.generation;
        nodePanel(panel, run, view, refresh);
      }
      changePanel(changes, run, view.status, refresh);
      problem.textContent = "";
      draw();
    } catch (error) {
      if (!signal.aborted) problem.textContent = error.message;
    }
  };
  place.addEventListener("choose", event => choose(event.detail), { signal });
  addEventListener("resize", draw, { signal });
  every(1500, () => document.hidden || refresh(), signal);
  refresh();
}

/** The load of the nodes whose time is measured, since the status before. */
function withLoads(status, before) {
  const time = (status.seconds - (before?.seconds ?? status.seconds)) * 1e9;
  const old = new Map((before?.nodes ?? []).map(node => [node.name, node]));
  for (const node of status.nodes ?? []) {
    const busy = node.busy_ns - old.get(node.name)?.busy_ns;
    if (time > 0 && busy >= 0) node.load = busy / time;
  }
  return status;
}

function summaryWords(status) {
  if (!status) return "";
  return [`load ${percent(status.load)}`, count(status.xruns ?? 0, "xrun"), count(status.gaps ?? 0, "gap"),
    count(status.dropped_tokens ?? 0, "dropped token"), `generation ${status.generation}`,
    status.rate && `${status.rate / 1000} kHz, ${status.period} frames a period`].filter(Boolean).join(" · ");
}

/** The lines in the box of a node. */
function texts(name, status) {
  const node = (status?.nodes ?? []).find(it => it.name === name);
  const dropped = (status?.queues ?? []).filter(it => it.from === name || it.to === name)
    .reduce((sum, queue) => sum + queue.dropped_tokens, 0);
  const ports = (status?.ports ?? []).filter(it => it.node === name);
  const connected = ports.filter(port => port.connected).length;
  const calls = node?.calls != null ? `${figure(node.calls)} calls` : "";
  const load = node?.load != null ? `load ${percent(Number(node.load.toPrecision(2)))}` : calls;
  const latency = node?.latency_frames && status.rate ? `latency ${duration(node.latency_frames / status.rate)}` : "";
  const lines = [load, node?.failed ? "failed" : dropped ? `${dropped} dropped` :
    ports.length ? `${connected} of ${ports.length} ports connected` : latency];
  return { lines, isBad: Boolean(node?.failed || dropped) };
}
