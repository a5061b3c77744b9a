// A picture of levels with its axes, and a cursor for mouse, finger and keyboard that tells hertz, level and time.

import { h, replace, svg } from "./dom.js";
import { entryOf, hertzTicks } from "./ticks.js";
import { Picture } from "./picture.js";
import { say } from "./say.js";
import { clock, figure } from "./words.js";

const height = 260;
const edge = { left: 48, bottom: 36 };
const whole = value => figure(Math.round(value));
const tenth = value => figure(Math.round(value * 10) / 10);
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

export class Spectrogram {
  /**
   * @param setup {name, hertz, unit, size: columns, seconds: of a column, timeWords: (time) => text, timeLabel}.
   */
  constructor(setup, signal) {
    Object.assign(this, setup);
    this.picture = new Picture(setup.size, setup.hertz.length);
    this.readout = h("output", { class: "readout" }, "Point at the picture, or move by the arrow keys.");
    this.canvas = h("canvas", {
      role: "img", tabindex: 0, "data-key": "spectrogram",
      "aria-label": `${setup.name}: levels from ${whole(setup.hertz[0])} to ${whole(setup.hertz.at(-1))} Hz over `
        + `${whole(setup.size * setup.seconds)} seconds. Arrow keys move a cursor that tells frequency, level, time.`,
    });
    this.frame = svg("svg", { class: "frame", "aria-hidden": "true" });
    this.box = h("div", { class: "spectrogram" }, this.canvas, this.frame);
    this.range = h("p", { class: "quiet scale" });
    this.element = h("figure", {}, h("figcaption", {}, setup.name), this.box, this.readout, this.range);
    this.marks = [];
    this.#listen();
    const watch = new ResizeObserver(() => this.#fit());
    watch.observe(this.box);
    signal.addEventListener("abort", () => watch.disconnect());
  }

  /** Adds a column of levels; null: sound was lost. */
  add(levels, time) {
    this.picture.add(levels, time);
    this.#soon();
  }

  /** Bands that are marked at the right edge, in hertz. */
  mark(marks) {
    if (marks.join() === this.marks.join()) return;
    this.marks = marks;
    this.#frame();
  }

  #soon() {
    if (this.isDue) return;
    this.isDue = true;
    const draw = () => {
      this.isDue = false;
      this.#draw();
    };
    if (isCalm.matches) setTimeout(draw, 1000);
    else requestAnimationFrame(draw);
  }

  #fit() {
    const width = Math.max(1, this.box.clientWidth - edge.left);
    this.canvas.width = width;
    this.canvas.height = height - edge.bottom;
    this.#draw();
    this.#frame();
  }

  #draw() {
    this.picture.draw(this.canvas.getContext("2d"), this.canvas.width, this.canvas.height);
    const { low, high } = this.picture;
    const words = low < high ? `Colours: dark ${tenth(low)} to bright ${tenth(high)} ${this.unit}` : "";
    if (this.range.textContent !== words) this.range.textContent = words;
    if (this.cursor && !this.isKeyed) this.#tell();
  }

  #y(entry) { return this.canvas.height * (1 - (entry + 0.5) / this.hertz.length); }

  #frame() {
    const { width, height: inner } = this.canvas;
    this.frame.setAttribute("viewBox", `0 0 ${width + edge.left} ${height}`);
    const parts = hertzTicks(this.hertz, 18 * this.hertz.length / inner).map(tick =>
      svg("text", { x: edge.left - 6, y: this.#y(tick.at) + 4, "text-anchor": "end" }, tick.text));
    parts.push(svg("text", { transform: `translate(10 ${inner / 2}) rotate(-90)`, "text-anchor": "middle" }, "Hz"));
    const length = this.size * this.seconds;
    for (let index = 0; index <= 4; index++) {
      const anchor = index === 4 ? "end" : index ? "middle" : "start";
      parts.push(svg("text", { x: edge.left + width * index / 4, y: inner + 15, "text-anchor": anchor },
        this.tick(length * (1 - index / 4), length)));
    }
    parts.push(svg("text", { x: edge.left + width / 2, y: height - 4, "text-anchor": "middle" }, this.timeLabel));
    for (const mark of this.marks) {
      const y = this.#y(entryOf(this.hertz, mark));
      parts.push(svg("path", { class: "mark", d: `M${edge.left + width - 8} ${y}l8 -4v8z` }));
    }
    if (this.cursor) parts.push(this.#cross());
    replace(this.frame, parts);
  }

  #cross() {
    const x = edge.left + this.canvas.width * (1 - (this.cursor.age + 0.5) / this.size);
    const { width, height: inner } = this.canvas;
    return svg("path", { class: "cursor", d: `M${x} 0V${inner}M${edge.left} ${this.#y(this.cursor.band)}h${width}` });
  }

  #listen() {
    this.canvas.addEventListener("pointermove", event => {
      this.isKeyed = false;
      this.#point(Math.floor((1 - event.offsetX / this.canvas.clientWidth) * this.size),
        Math.floor((1 - event.offsetY / this.canvas.clientHeight) * this.hertz.length));
    });
    this.canvas.addEventListener("pointerleave", () => this.isKeyed || this.#point(null));
    this.canvas.addEventListener("keydown", event => this.#key(event));
    this.canvas.addEventListener("blur", () => this.#point(null));
  }

  #key(event) {
    const big = event.shiftKey ? 10 : 1;
    const moves = {
      ArrowLeft: [big, 0], ArrowRight: [-big, 0], ArrowUp: [0, big], ArrowDown: [0, -big],
      PageUp: [0, 10], PageDown: [0, -10], Home: [this.size, 0], End: [-this.size, 0],
    };
    if (event.key === "Escape") return this.#point(null);
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    this.isKeyed = true;
    const from = this.cursor ?? { age: 0, band: Math.floor(this.hertz.length / 2) };
    const known = Math.min(this.picture.count, this.size) - 1;
    this.#point(Math.max(0, Math.min(known, from.age + move[0])), from.band + move[1]);
    say(this.readout.textContent);
  }

  #point(age, band) {
    this.cursor = age == null ? null :
      { age: Math.max(0, Math.min(this.size - 1, age)), band: Math.max(0, Math.min(this.hertz.length - 1, band)) };
    this.#tell();
    this.#frame();
  }

  #tell() {
    if (!this.cursor) return;
    const it = this.picture.at(this.cursor.age, this.cursor.band);
    const level = !it ? "no sound yet" : Number.isNaN(it.level) ? "lost" : `${tenth(it.level)} ${this.unit}`;
    this.readout.textContent = `${whole(this.hertz[this.cursor.band])} Hz, ${level}`
      + (it ? `, ${this.timeWords(it.time)}` : "");
  }
}

/** Words and ticks for a picture of what is heard now. */
export const live = {
  timeLabel: "seconds ago",
  timeWords: time => `${clock(new Date(time))}`,
  tick: ago => ago < 0.05 ? "now" : figure(Number(ago.toPrecision(2))),
};

/** ... and of a recording. */
export const recorded = {
  timeLabel: "seconds from its beginning",
  timeWords: time => `${time.toFixed(2)} s`,
  tick: (ago, whole) => figure(Number((whole - ago).toPrecision(3))),
};
