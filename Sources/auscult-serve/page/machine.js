// One machine: what it sounds like now, how it is judged, and its alarms with their sound.

import { alarmList } from "./alarms.js";
import { bandList } from "./bands.js";
import { h } from "./dom.js";
import { link } from "./router.js";
import { listen } from "./listen.js";
import { scorePlot } from "./scoreplot.js";
import { levelWords, shape, stateWords } from "./state.js";
import { store } from "./store.js";

export function machine(place, { run, machine: name }, signal) {
  const state = h("p", { class: "state" });
  const remarks = h("p", { class: "quiet" });
  const sound = h("section", { "aria-labelledby": "sound" }, h("h2", { id: "sound" }, "Sound now"));
  const scores = h("section", { "aria-labelledby": "scores" }, h("h2", { id: "scores" }, "Score and threshold"));
  const alarms = h("section", { "aria-labelledby": "alarms" }, h("h2", { id: "alarms" }, "Alarms and clips"));
  place.append(h("h1", {}, name), state,
    h("p", { class: "row" }, h("a", { href: link("run", run, "graph") }, `Graph of ${run}`),
      h("a", { href: link("history", run, name) }, "History")),
    remarks, sound, scores, alarms);
  const { mark } = listen(sound, run, name, signal);
  scorePlot(scores, run, name, signal);
  bandList(scores, run, name, mark, signal);
  alarmList(alarms, run, name, signal);
  const draw = () => {
    const known = store.machine(run, name);
    const words = known ? stateWords(known) : "does not run now";
    place.dataset.state = known?.state ?? "unknown";
    if (state.textContent !== words) state.replaceChildren(shape(known?.state), words);
    const told = (known?.remarks ?? []).map(it => `${it.node}: ${it.text}`);
    remarks.textContent = [levelWords(known?.level), ...told].filter(Boolean).join(" · ");
  };
  store.on("change", draw, signal);
  draw();
}
