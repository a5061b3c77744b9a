// Lines over time, as SVG with title, axes with units, and words for those who do not see it.

import { h, svg } from "./dom.js";
import { polyline } from "./polyline.js";
import { numberTicks, timeTicks } from "./ticks.js";

const height = 220;
const edge = { left: 56, right: 10, top: 10, bottom: 42 };
let number = 0;

export class Plot {
  /** @param title shown above; @param unit of the y axis, with its name. */
  constructor(title, unit, signal) {
    this.unit = unit;
    this.id = `plot-${++number}`;
    this.picture = h("div", { class: "plot" });
    this.legend = h("p", { class: "legend" });
    this.element = h("figure", {}, h("figcaption", {}, title), this.picture, this.legend);
    this.title = title;
    const watch = new ResizeObserver(() => this.model && this.#paint());
    watch.observe(this.picture);
    signal.addEventListener("abort", () => watch.disconnect());
  }

  /**
   * @param model {from, to: milliseconds; lines: [{name, kind, points: [[x, y]]}]; spans: [{from, to, name, kind}];
   *   words: what it shows, in a sentence}.
   */
  draw(model) {
    this.model = model;
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      if (this.element.isConnected) this.#paint();
    });
  }

  #paint() {
    const { model } = this;
    const width = Math.max(220, this.picture.clientWidth);
    const y = range(model.lines);
    const inner = { x: width - edge.left - edge.right, y: height - edge.top - edge.bottom };
    const scale = {
      x: value => edge.left + inner.x * (value - model.from) / Math.max(1, model.to - model.from),
      y: value => edge.top + inner.y * (1 - (value - y.low) / (y.high - y.low)),
    };
    const [title, words] = [`${this.id}-title`, `${this.id}-words`];
    this.picture.replaceChildren(svg("svg",
      { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": `${title} ${words}` },
      svg("title", { id: title }, this.title), svg("desc", { id: words }, model.words),
      this.#spans(model, scale, width), axes(scale, model, y, width, this.unit),
      model.lines.map(line => svg("path", { class: line.kind, d: path(line.points, scale) }))));
    this.#name(model);
  }

  #spans(model, scale, width) {
    return (model.spans ?? []).map(span => {
      const left = Math.max(edge.left, scale.x(span.from));
      const right = Math.min(width - edge.right, scale.x(span.to));
      if (right < edge.left || left > width - edge.right) return null;
      const size = { width: Math.max(2, right - left), height: height - edge.top - edge.bottom };
      return svg("rect", { class: span.kind, x: left, y: edge.top, ...size });
    });
  }

  #name(model) {
    const names = new Map([...model.lines, ...(model.spans ?? [])].map(it => [it.kind, it.name]));
    const words = JSON.stringify([...names]);
    if (this.names === words) return;
    this.names = words;
    this.legend.replaceChildren(...[...names].map(([kind, name]) => h("span", { class: `key ${kind}` }, name)));
  }
}

function range(lines) {
  let low = 0;
  let high = -Infinity;
  for (const line of lines) {
    for (const [, value] of line.points) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (high === -Infinity) high = 1;
  return { low, high: high + (high - low) * 0.06 + (high === low ? 1 : 0) };
}

const path = (points, scale) => polyline(points.map(([x, y]) => [scale.x(x), y == null ? NaN : scale.y(y)]));

function axes(scale, model, y, width, unit) {
  const bottom = height - edge.bottom;
  const parts = numberTicks(y.low, y.high, 5).flatMap(tick => [
    svg("path", { class: "grid", d: `M${edge.left} ${scale.y(tick.at)}H${width - edge.right}` }),
    svg("text", { x: edge.left - 6, y: scale.y(tick.at) + 4, "text-anchor": "end" }, tick.text),
  ]);
  for (const tick of timeTicks(model.from, model.to, Math.floor(width / 90))) {
    parts.push(svg("path", { class: "grid", d: `M${scale.x(tick.at)} ${edge.top}V${bottom + 4}` }),
      svg("text", { x: scale.x(tick.at), y: bottom + 18, "text-anchor": "middle" }, tick.text));
  }
  const middle = (edge.left + width) / 2;
  parts.push(svg("text", { x: middle, y: height - 6, "text-anchor": "middle" }, "time of this computer"),
    svg("text", { transform: `translate(12 ${bottom / 2 + 5}) rotate(-90)`, "text-anchor": "middle" }, unit));
  return parts;
}
