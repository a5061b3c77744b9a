// The faults of a text: marked in it, and listed with the line, its caret and what mends it.

import { button, h, replace } from "./dom.js";
import { say } from "./say.js";
import { count } from "./words.js";

export class Diagnostics {
  /** @param text the field; @param changed called when a suggestion changes it. */
  constructor(text, changed) {
    this.text = text;
    this.changed = changed;
    // The same text behind the field, invisible but for its marks; and the numbers of the lines.
    this.marks = h("pre", { class: "marks", "aria-hidden": "true" });
    this.numbers = h("pre", { class: "numbers", "aria-hidden": "true" });
    this.box = h("div", { class: "editor" }, this.numbers, h("div", { class: "text" }, this.marks, text));
    this.words = h("p", { id: "found", role: "status" }, "Loading …");
    this.list = h("ul", { class: "diagnostics", "aria-label": "Diagnostics" });
    text.addEventListener("scroll", () => {
      this.marks.style.transform = `translate(${-text.scrollLeft}px, ${-text.scrollTop}px)`;
      this.numbers.style.transform = `translateY(${-text.scrollTop}px)`;
    });
  }

  say(words) { this.words.textContent = words; }

  /** The marks only: the list stays until the text was checked again. */
  clear() { this.#mark([]); }

  show(diagnostics) {
    this.#mark(diagnostics);
    replace(this.list, diagnostics.map(it => this.#line(it)));
    const errors = diagnostics.filter(it => it.severity !== "warning").length;
    const warnings = diagnostics.length - errors;
    this.say(diagnostics.length ? `${count(errors, "error")}, ${count(warnings, "warning")}` : "No errors.");
  }

  #mark(diagnostics) {
    const text = this.text.value;
    const faulty = new Set(diagnostics.map(it => it.line));
    replace(this.numbers, text.split("\n").map((_, index) => faulty.has(index + 1) ?
      h("span", { class: "faulty" }, `${index + 1} ▸\n`) : h("span", {}, `${index + 1}\n`)));
    const parts = [];
    let done = 0;
    const placed = diagnostics.filter(it => it.line);
    const ranges = placed.map(it => ({ ...rangeOf(text, it), kind: it.severity ?? "error" }));
    for (const { from, to, kind } of ranges.sort((one, other) => one.from - other.from)) {
      if (from < done) continue;
      parts.push(text.slice(done, from), h("mark", { class: kind }, text.slice(from, to) || " "));
      done = to;
    }
    this.marks.replaceChildren(...parts, `${text.slice(done)}\n`);
  }

  #line(it) {
    const { from, to } = it.line ? rangeOf(this.text.value, it) : { from: 0, to: 0 };
    const place = it.line ? `Line ${it.line}, column ${it.column}` : "The file";
    const go = button(place, () => {
      this.text.focus();
      this.text.setSelectionRange(from, to);
    }, { class: "link", "data-key": `go-${it.line}-${it.column}-${it.code}` });
    const kind = it.severity ?? "error";
    return h("li", { class: kind }, go, ` ${kind}: ${it.message} `,
      it.source && h("pre", { class: "source" }, caret(it)),
      it.suggestion && it.line && this.#mend(it, from, to));
  }

  #mend(it, from, to) {
    const old = this.text.value.slice(from, to);
    return button(`Replace '${old}' with '${it.suggestion}'`, () => {
      // The text was changed since it was checked.
      if (this.text.value.slice(from, to) !== old) return;
      this.text.setRangeText(it.suggestion, from, to, "end");
      this.text.focus();
      this.changed();
      say(`Replaced with ${it.suggestion}.`);
    }, { class: "mend", "data-key": `mend-${it.line}-${it.column}` });
  }
}

/** The line of a fault with its caret below. */
function caret({ source, column, length }) {
  const most = 200;
  return `${source}\n${" ".repeat(Math.max(0, column - 1))}${"^".repeat(Math.max(1, Math.min(length ?? 1, most)))}`;
}

/** Offsets of a fault in the text: its columns count Unicode scalars, from 1. */
function rangeOf(text, { line, column, length }) {
  let begin = 0;
  for (let number = 1; number < line; number++) {
    const end = text.indexOf("\n", begin);
    if (end < 0) break;
    begin = end + 1;
  }
  const stop = text.indexOf("\n", begin);
  const scalars = [...text.slice(begin, stop < 0 ? text.length : stop)];
  const from = begin + scalars.slice(0, column - 1).join("").length;
  return { from, to: from + Math.max(1, scalars.slice(column - 1, column - 1 + (length ?? 1)).join("").length) };
}
