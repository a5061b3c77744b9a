// Which bands carry the score: how often a detector names each of them.

import { h, replace } from "./dom.js";
import { store } from "./store.js";
import { every } from "./timers.js";
import { hertz, percent } from "./words.js";

/** Scores that are looked at. */
const recent = 50;
/** Bands that are listed. */
const most = 6;

/** @param mark marks bands in the spectrogram: called with their hertz. */
export function bandList(place, run, machine, mark, signal) {
  const list = h("ul", { class: "bars" });
  const box = h("div", { hidden: true }, h("h3", {}, "Bands that carry the score"),
    h("p", { class: "quiet" }, `How often the detector named each of them in its last ${recent} scores:`), list);
  place.append(box);
  const draw = () => {
    const found = bands(run, machine);
    box.hidden = !found.length;
    mark(found.slice(0, 3).map(it => it.hz));
    replace(list, found.map(({ hz, share }) => h("li", {},
      h("span", { class: "name" }, hertz(hz)),
      h("meter", { min: 0, max: 1, value: share, "aria-label": `${hertz(hz)} in ${percent(share)} of the scores` }),
      h("span", { class: "quiet" }, percent(share)))));
  };
  every(1000, draw, signal);
  draw();
}

function bands(run, machine) {
  const times = new Map();
  let scores = 0;
  for (const [id, list] of store.scores) {
    const [ofRun, ofMachine] = JSON.parse(id);
    if (ofRun !== run || ofMachine !== machine) continue;
    for (const score of list.slice(-recent)) {
      scores++;
      for (const band of score.bands ?? []) if (band.hz != null) times.set(band.hz, (times.get(band.hz) ?? 0) + 1);
    }
  }
  return [...times].map(([hz, number]) => ({ hz, share: number / Math.max(1, scores) }))
    .sort((one, other) => other.share - one.share || one.hz - other.hz).slice(0, most);
}
