// The state of a machine by a word and a shape, so that it is not told by colour alone.

import { svg } from "./dom.js";
import { figure } from "./words.js";

const shapes = {
  normal: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4.5 8l2.5 2.7 4.6-5",
  alarm: "M8 1.2 15.4 14.6H.6zM8 5.8v4.4M8 11.8v1.2",
  learning: "M3 1.5h10M3 14.5h10M4 1.5c0 4 4 4.5 4 6.5s-4 2.5-4 6.5M12 1.5c0 4-4 4.5-4 6.5s4 2.5 4 6.5",
  deaf: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM3.2 3.2l9.6 9.6",
  failed: "M1.5 1.5h13v13h-13zM5 5l6 6M11 5l-6 6",
  overdue: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 4v4.3l3 2",
  gap: "M1 8h4M11 8h4M6.5 4v8M9.5 4v8",
  unknown: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 11.5v.8M6 6c0-3 4-3 4-.4C10 7.5 8 7.5 8 9.5",
};

/** The shape of a state; an unknown one has that of `unknown`. */
export const shape = state => svg("svg", { class: "shape", viewBox: "0 0 16 16", "aria-hidden": "true" },
  svg("path", { d: shapes[state] ?? shapes.unknown }));

const meanings = {
  normal: "normal", alarm: "alarm", learning: "learning", deaf: "hears nothing", failed: "a node has failed",
  overdue: "no score in time", gap: "sound was lost", unknown: "no score yet",
};

/** Such as `deaf: hears nothing (silent)`. */
export function stateWords(machine) {
  const meaning = meanings[machine.state] ?? machine.state;
  const words = meaning === machine.state ? meaning : `${machine.state}: ${meaning}`;
  return machine.cause ? `${words} (${machine.cause})` : words;
}

/** The level of a machine's input in words; empty: not known. */
export function levelWords(level) {
  if (!level) return "";
  return level.rms_dbfs == null ? "silent" : `level ${figure(level.rms_dbfs)} dBFS`;
}
