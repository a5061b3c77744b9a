// All machines of all runs, a tile each.

import { h, keep, replace } from "./dom.js";
import { link } from "./router.js";
import { moveByArrows } from "./arrows.js";
import { levelWords, shape, stateWords } from "./state.js";
import { sparkline } from "./sparkline.js";
import { key, store } from "./store.js";
import { collected } from "./timers.js";
import { count, duration, figure, moment, percent } from "./words.js";

export function overview(place, _, signal) {
  const runs = h("div", {});
  const empty = h("p", { class: "empty" });
  place.append(h("h1", {}, "Machines"), empty, runs);
  moveByArrows(runs, "article a.name", signal);
  const draw = () => {
    const nothing = store.isKnown && !store.runs.length;
    replace(empty, ...(nothing ? ["No graph runs. Start one: ", h("code", {}, "auscult run graphs/watch.yaml")] : []));
    keep(runs, store.runs, run => run.name, makeRun, updateRun);
  };
  const soon = collected(250, draw, signal);
  store.on("change", draw, signal);
  store.on("record", ({ record }) => record.kind === "score" ? soon() : draw(), signal);
  draw();
}

function makeRun(run) {
  return h("section", { "aria-label": `Run ${run.name}` },
    h("h2", {}, run.name), h("p", { class: "quiet" }),
    h("p", { class: "row" }, h("a", { href: link("run", run.name, "graph") }, "Graph"),
      h("a", { href: link("run", run.name, "edit") }, "Editor"),
      h("a", { href: link("history", run.name) }, "History")),
    h("div", { class: "tiles" }));
}

function updateRun(section, run) {
  const words = [
    run.answers === false && "does not answer",
    run.load != null && `load ${percent(run.load)}`, run.seconds != null && `runs for ${duration(run.seconds)}`,
    run.generation != null && `generation ${run.generation}`, run.waits_for_server && "waits for its JACK server",
  ];
  section.children[1].textContent = words.filter(Boolean).join(" · ");
  const machines = store.machines.filter(machine => machine.run === run.name);
  keep(section.lastChild, machines, machine => machine.machine, makeTile, updateTile);
}

function makeTile(machine) {
  return h("article", {},
    h("h3", {}, h("a", { class: "name", href: link("run", machine.run, "machine", machine.machine) }, machine.machine)),
    h("p", { class: "state" }), h("div", {}), h("p", { class: "quiet" }), h("p", { class: "quiet" }));
}

function updateTile(tile, machine) {
  const [, state, scores, level, last] = tile.children;
  const words = stateWords(machine);
  const isOld = tile.dataset.state !== machine.state || state.textContent !== words;
  if (isOld) state.replaceChildren(shape(machine.state), words);
  tile.dataset.state = machine.state;
  scores.replaceChildren(...(machine.scores ?? []).flatMap(score => scoreParts(machine, score)));
  level.textContent = levelWords(machine.level);
  const alarm = store.alarms(machine.run, machine.machine).find(record => record.state === "raised");
  last.textContent = alarm ? `last alarm ${moment(alarm.time)}, score ${figure(alarm.score)}` : "no alarm yet";
}

function scoreParts(machine, score) {
  if (score.score == null) return [h("p", { class: "quiet" }, `${score.node}: learns`)];
  const list = (store.scores.get(key(machine.run, machine.machine, score.node)) ?? []).slice(-300);
  return [
    sparkline(list, `${score.node}: the last ${count(list.length, "score")}`),
    h("p", { class: "quiet" }, `${score.node}: score ${figure(score.score)}, threshold ${figure(score.threshold)}`),
  ];
}
