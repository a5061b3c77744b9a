// The scores of the last minutes against their threshold.

import { Plot } from "./plot.js";
import { raised } from "./records.js";
import { store } from "./store.js";
import { collected } from "./timers.js";
import { count, figure } from "./words.js";

/** Milliseconds. */
const shown = 120_000;

/** A plot for each detector of a machine. */
export function scorePlot(place, run, machine, signal) {
  const plots = new Map();
  const draw = () => {
    for (const [id, list] of store.scores) {
      const [ofRun, ofMachine, node] = JSON.parse(id);
      if (ofRun !== run || ofMachine !== machine || !list.length) continue;
      if (!plots.has(node)) {
        const made = new Plot(`Score of ${node}, the last two minutes`, "score", signal);
        plots.set(node, made);
        place.append(made.element);
      }
      plots.get(node).draw(model(list, store.alarms(run, machine)));
    }
  };
  const soon = collected(200, draw, signal);
  store.on("record", ({ run: of, record }) => {
    if (of === run && record.machine === machine) soon();
  }, signal);
  store.on("change", draw, signal);
  draw();
}

function model(list, alarms) {
  const to = list.at(-1).time;
  const from = to - shown;
  const recent = list.filter(item => item.time >= from);
  const last = recent.at(-1);
  const over = recent.filter(item => item.anomalous).length;
  return {
    from, to, spans: raised(alarms, to),
    lines: [
      { name: "threshold", kind: "threshold", points: recent.map(item => [item.time, item.threshold]) },
      { name: "score", kind: "score", points: recent.map(item => [item.time, item.score]) },
    ],
    words: `${count(recent.length, "score")}, ${over} over the threshold. `
      + `The last is ${figure(last.score)}, the threshold ${figure(last.threshold)}.`,
  };
}
