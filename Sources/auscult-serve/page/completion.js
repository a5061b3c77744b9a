// Completion in the editor: classes after `type:`, parameters of the class, their choices, and names of nodes in links.

import { get, path } from "./api.js";
import { h, replace } from "./dom.js";

const most = 12;
let classes;

/** Completes in `text`, with a list of choices below it. */
export function completer(text, place, changed) {
  const list = h("ul", { class: "choices", role: "listbox", id: "choices", "aria-label": "Completions", hidden: true });
  place.append(list);
  const state = { choices: [], at: 0, from: 0 };
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", "choices");
  const hide = () => {
    list.hidden = true;
    state.choices = [];
    text.removeAttribute("aria-activedescendant");
  };
  const show = () => {
    replace(list, state.choices.map((it, index) => h("li", {
      role: "option", id: `choice-${index}`, "aria-selected": String(index === state.at),
      onmousedown: event => { event.preventDefault(); state.at = index; take(); },
    }, h("b", {}, it.text), it.help && h("span", { class: "quiet" }, ` ${it.help}`))));
    list.hidden = !state.choices.length;
    if (state.choices.length) text.setAttribute("aria-activedescendant", `choice-${state.at}`);
  };
  const take = () => {
    text.setRangeText(state.choices[state.at].text, state.from, text.selectionStart, "end");
    hide();
    changed();
  };
  const offer = async () => {
    classes ??= get(path("classes")).then(answer => answer.classes, () => { classes = undefined; return []; });
    const known = await classes;
    const { from, choices } = complete(text.value, text.selectionStart, known);
    Object.assign(state, { from, choices: choices.slice(0, most), at: 0 });
    show();
  };
  text.addEventListener("input", event => {
    const end = text.value.slice(Math.max(0, text.selectionStart - 2), text.selectionStart);
    if (event.inputType === "insertText" && /[\w.]$|: $/.test(end)) offer();
    else hide();
  });
  text.addEventListener("blur", hide);
  text.addEventListener("keydown", event => {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      return offer();
    }
    if (list.hidden) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      state.at = (state.at + moves[event.key] + state.choices.length) % state.choices.length;
      show();
    } else if (event.key === "Enter" || event.key === "Tab") take();
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
  });
}

/** What fits at a place of the text: {from: where it begins, choices: [{text, help}]}. */
function complete(text, at, classes) {
  const before = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  const word = /[\w.]*$/.exec(before)[0];
  const from = at - word.length;
  const choose = all => ({
    from, choices: all.filter(it => it.text.startsWith(word) && it.text !== word).concat(all.filter(it =>
      word.length > 1 && it.text.includes(word) && !it.text.startsWith(word))),
  });
  if (/^\s*- |->/.test(before)) return choose(nodeNames(text).map(name => ({ text: name })));
  const key = /(?:^|[{,\s])([\w]+):\s*[\w.]*$/.exec(before)?.[1];
  if (key === "type") return choose(classes.map(it => ({ text: it.name, help: it.summary })));
  const named = classes.find(it => it.name === classNear(text, at));
  if (!named) return choose([]);
  if (key) return choose((named.parameters.find(it => it.name === key)?.choices ?? []).map(name => ({ text: name })));
  return choose(named.parameters.map(it => ({ text: it.name, help: it.summary })));
}

const nodeNames = text => [...text.matchAll(/^ {2}([\w-]+):/gm)].map(match => match[1]);

/** The class of the node around a place: in the same line, or above it in its block. */
function classNear(text, at) {
  const begin = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  const named = /\btype:\s*([\w.]+)/;
  const here = named.exec(text.slice(begin, end < 0 ? text.length : end));
  if (here) return here[1];
  const above = text.slice(0, begin).split("\n").slice(-30).reverse();
  for (const line of above) {
    if (/^\S/.test(line)) return null;
    const match = named.exec(line);
    if (match) return match[1];
    if (/^ {2}[\w-]+:\s*$/.test(line)) return null;
  }
  return null;
}
