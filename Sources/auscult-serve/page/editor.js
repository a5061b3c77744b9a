// The graph's file: diagnostics as one types, suggestions by one click, completion, and apply with its plan.

import { button, h } from "./dom.js";
import { completer } from "./completion.js";
import { Diagnostics } from "./diagnostics.js";
import { get, path, post } from "./api.js";
import { plan } from "./plan.js";
import { say } from "./say.js";

/** Milliseconds without a key before the text is checked. */
const quietTime = 350;

export function editor(place, { run }, signal) {
  const text = h("textarea", {
    id: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", rows: 24,
    "aria-describedby": "found", "aria-label": `Graph file of ${run}`, "data-key": "text",
  });
  const file = h("p", { class: "quiet" });
  const save = h("input", { type: "checkbox" });
  const state = { number: 0, file: null };
  let timer;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(check, quietTime);
    // Old places are wrong as soon as one types.
    found.clear();
  };
  const found = new Diagnostics(text, changed);
  const check = async () => {
    const number = ++state.number;
    try {
      const answer = await post(path("check"), { text: text.value, file: state.file });
      if (number === state.number && !signal.aborted) found.show((answer.files?.[0] ?? answer).diagnostics ?? []);
    } catch (error) {
      if (number === state.number) found.say(error.message);
    }
  };
  const apply = () => plan(`apply the text to ${run}`, run, "apply",
    { text: text.value, ...(save.checked ? { save: true } : {}) }, () => say("The graph was applied."),
    diagnostics => found.show(diagnostics));
  place.append(h("h1", {}, `Editor of ${run}`), file, found.box,
    h("p", { class: "quiet" }, "Ctrl+Space completes, Escape then Tab leaves the text."),
    h("p", { class: "row" }, button("Apply …", apply, { "data-key": "apply" }),
      h("label", { class: "inline" }, save, "also write the file")), found.words, found.list);
  text.addEventListener("input", changed);
  indent(text, changed);
  completer(text, found.box, changed);
  signal.addEventListener("abort", () => clearTimeout(timer));
  get(path("runs", run, "graph"), { signal }).then(graph => {
    state.file = graph.file;
    file.textContent = graph.file ?? "";
    text.value = graph.text ?? "";
    found.clear();
    found.say(graph.text == null ? "The text of this graph is not known." : "");
  }, error => { if (!signal.aborted) found.say(error.message); });
}

// Tab writes two spaces, as people expect in an editor; after Escape it leaves the text, for those without a mouse.
function indent(text, changed) {
  let leaves = false;
  text.addEventListener("keydown", event => {
    if (event.key === "Escape") leaves = true;
    else if (event.key !== "Tab") leaves = false;
    if (event.key !== "Tab" || event.shiftKey || leaves || event.defaultPrevented) return;
    event.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
    changed();
  });
}
