// A small picture of scores against their threshold, with its words.

import { svg } from "./dom.js";
import { polyline } from "./polyline.js";
import { figure } from "./words.js";

/** @param list scores as in the store; @param name what they are, in words. */
export function sparkline(list, name) {
  const last = list.at(-1);
  const words = last ? `${name}; now ${figure(last.score)}, threshold ${figure(last.threshold)}` : `${name}: none`;
  const values = list.flatMap(item => [item.score, item.threshold]).filter(Number.isFinite);
  const low = Math.min(0, ...values);
  const high = Math.max(low + 1e-12, ...values);
  const line = (member, kind) => svg("path", { class: kind, d: path(list.map(item => item[member]), low, high) });
  return svg("svg",
    { class: "sparkline", viewBox: "0 0 100 40", preserveAspectRatio: "none", role: "img", "aria-label": words },
    line("threshold", "threshold"), line("score", "score"));
}

function path(values, low, high) {
  const step = 100 / Math.max(1, values.length - 1);
  // Room for the width of the line.
  const y = value => value == null ? NaN : 38.5 - 37 * (value - low) / (high - low);
  return polyline(values.map((value, index) => [index * step, y(value)]));
}
