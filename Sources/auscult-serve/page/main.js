// Starts the page: the frame around the views, and what a screen reader is told.

import { editor } from "./editor.js";
import { graph } from "./graph.js";
import { h, keep, setText } from "./dom.js";
import { history } from "./history.js";
import { link, route } from "./router.js";
import { machine } from "./machine.js";
import { overview } from "./overview.js";
import { store } from "./store.js";
import { count, figure } from "./words.js";

const views = { overview, machine, graph, editor, history };
const place = document.getElementById("view");
let leave = new AbortController();
let shown;

function show() {
  const next = route(location.hash);
  // A node is chosen inside the graph's view.
  if (shown?.view === "graph" && next.view === "graph" && shown.run === next.run) {
    shown = next;
    return place.dispatchEvent(new CustomEvent("choose", { detail: next.node }));
  }
  leave.abort();
  leave = new AbortController();
  const isFirst = !shown;
  shown = next;
  place.replaceChildren();
  place.dataset.view = next.view;
  views[next.view](place, next, leave.signal);
  const title = place.querySelector("h1")?.textContent ?? "";
  document.title = title ? `${title} – Auscult` : "Auscult";
  menu();
  if (isFirst) return;
  scrollTo(0, 0);
  place.focus({ preventScroll: true });
}

function menu() {
  const run = shown.run ?? store.runs[0]?.name;
  const entries = [["Overview", link(), "overview"]];
  if (run) entries.push(["Graph", link("run", run, "graph"), "graph"], ["Editor", link("run", run, "edit"), "editor"]);
  entries.push(["History", link("history", ...(run ? [run] : [])), "history"]);
  const make = () => h("li", {}, h("a", {}));
  keep(document.getElementById("views"), entries, it => it[2], make, (item, [text, address, view]) => {
    const made = item.firstChild;
    setText(made, text);
    made.setAttribute("href", address);
    if (view === shown.view) made.setAttribute("aria-current", "page");
    else made.removeAttribute("aria-current");
  });
}

const note = text => setText(document.getElementById("note"), text);

function status() {
  const alarms = store.machines.filter(it => it.state === "alarm").length;
  const machines = store.machines.length;
  note(machines ? `${count(machines, "machine")}, ${count(alarms, "alarm")}` : "No graph runs.");
  const banner = document.getElementById("alarm");
  if (!alarms && banner.textContent) banner.replaceChildren();
  menu();
}

store.on("change", status);
store.on("fault", text => note(`The server does not answer: ${text}`));
store.on("record", ({ run, record }) => {
  if (record.kind !== "alarm" || record.state !== "raised") return;
  document.getElementById("alarm").replaceChildren("▲ Alarm: ",
    h("a", { href: link("run", run, "machine", record.machine) }, record.machine),
    `, score ${figure(record.score)} over ${figure(record.threshold)}`);
});
addEventListener("hashchange", show);
show();
store.start();
