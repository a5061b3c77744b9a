// The past of a machine, for hours to months: the worst scores, the alarms and the gaps.

import { field, h, replace } from "./dom.js";
import { get, path, query, readsNeedToken } from "./api.js";
import { player } from "./clip.js";
import { Plot } from "./plot.js";
import { newestFirst, raised } from "./records.js";
import { count, figure, moment } from "./words.js";

/** Milliseconds. */
const day = 86_400_000;
const ranges = [
  ["the last hour", day / 24], ["the last day", day], ["the last week", 7 * day], ["the last month", 31 * day],
  ["the last six months", 183 * day], ["the last year", 366 * day], ["all", null],
];
/** Rows of the table. */
const most = 100;

export function history(place, { run, machine }, signal) {
  const choice = h("select", { "data-key": "machine" });
  const range = h("select", { "data-key": "range" },
    ranges.map(([name], index) => h("option", { value: index }, name)));
  const state = h("p", { role: "status" }, "Loading …");
  const plots = h("div", {});
  const table = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "What happened" });
  place.append(h("h1", {}, "History"),
    h("div", { class: "row" }, field("Machine", choice), field("Time", range)), state, plots, table);
  let known = [];
  let number = 0;
  const draw = async () => {
    const chosen = known[Number(choice.value)];
    if (!chosen) return;
    const mine = ++number;
    state.textContent = "Loading …";
    try {
      const span = spanOf(chosen, ranges[Number(range.value)][1]);
      const ask = kind => get(path("history") + query({
        run: chosen.asked, machine: chosen.machine, kind,
        since: new Date(span.from).toISOString(), until: new Date(span.to).toISOString(),
        buckets: kind === "scores" ? Math.max(50, Math.min(600, plots.clientWidth)) : null,
      }), { signal });
      const answers = await Promise.all(["scores", "events", "gaps"].map(ask));
      const [{ scores = [] }, { events = [] }, { gaps = [] }] = answers;
      if (mine === number) show({ state, plots, table }, chosen, span, { scores, events, gaps }, signal);
    } catch (error) {
      if (!signal.aborted) state.textContent = error.message;
    }
  };
  for (const control of [choice, range]) control.addEventListener("change", draw);
  all(signal).then(machines => {
    known = machines;
    choice.replaceChildren(...known.map((it, index) =>
      h("option", { value: index }, `${it.run}: ${it.machine}`)));
    const wanted = known.findIndex(it => it.run === run && (!machine || it.machine === machine));
    choice.value = String(Math.max(0, wanted));
    range.value = String(fitting(known[Number(choice.value)]));
    if (known.length) draw();
    else state.textContent = "There is no history: no graph with a sink.sqlite runs, and --history was not given.";
  }, error => { if (!signal.aborted) state.textContent = error.message; });
}

/**
 * The machines of all runs that have a database, and of the file of --history. `asked` is the run that the server is
 * asked with, none for a graph that does not run.
 */
async function all(signal) {
  const list = async run => {
    try {
      return await get(path("history", "machines") + query({ run }), { signal });
    } catch {
      return { runs: [], machines: [] };
    }
  };
  const { runs } = await get(path("runs"), { signal });
  const answers = await Promise.all([null, ...runs.map(it => it.name)].map(async run => ({ run, ...await list(run) })));
  const found = new Map();
  for (const { run, runs: past, machines } of answers) {
    const name = run ?? past[0]?.run;
    for (const it of name ? machines : []) found.set(JSON.stringify([name, it.machine]), { ...it, run: name, asked: run });
  }
  return [...found.values()];
}

/** The shortest time that shows all of a past; at most a week. */
function fitting(machine) {
  const length = Date.now() - Date.parse(machine?.first);
  return Math.max(0, ranges.findIndex(([, it], index) => index === 2 || it >= length));
}

function spanOf(machine, length) {
  const last = Date.parse(machine.last) || Date.now();
  const to = Math.max(last, length && length < day ? Date.now() : last);
  return { from: length ? to - length : Date.parse(machine.first) || to - day, to: to + 1 };
}

/** @param past the answers: {scores, events, gaps}. */
function show({ state, plots, table }, chosen, span, past, signal) {
  const events = newestFirst(past.events);
  const alarms = events.filter(it => (it.kind ?? "alarm") === "alarm");
  const times = count(alarms.filter(it => it.state === "raised").length, "alarm");
  state.textContent = `${chosen.machine}: ${times}, ${count(past.gaps.length, "gap")}`;
  const spans = [...raised(alarms, span.to), ...past.gaps.map(gap => ({
    from: Date.parse(gap.time), to: Date.parse(gap.until ?? gap.time), name: "gap", kind: "gap",
  }))];
  const nodes = [...new Set(past.scores.map(it => it.node))];
  replace(plots, nodes.map(node => {
    const plot = new Plot(`Worst scores of ${node}, ${moment(span.from)} to ${moment(span.to)}`, "score", signal);
    plot.draw({ ...span, spans, ...scoreLines(past.scores.filter(it => it.node === node), times) });
    return plot.element;
  }));
  const rows = events.slice(0, most);
  replace(table, rows.length ? eventTable(rows, chosen, signal) :
    h("p", { class: "quiet" }, "Nothing happened in this time."));
}

/** The scores of a detector as lines of a plot, with its words. */
function scoreLines(scores, times) {
  const worst = Math.max(...scores.map(it => it.score).filter(Number.isFinite));
  const points = member => scores.map(it => [Date.parse(it.time), it[member]]);
  return {
    lines: [
      { name: "threshold", kind: "threshold", points: points("threshold") },
      { name: "worst score", kind: "score", points: points("score") },
    ],
    words: `The worst score is ${figure(worst)}, the last threshold ${figure(scores.at(-1)?.threshold)}; ${times}.`,
  };
}

function eventTable(rows, chosen, signal) {
  const heads = ["time", "what", "score", "threshold", "clip"];
  return h("table", {}, h("caption", {}, `What happened${rows.length === most ? `: the last ${most}` : ""}`),
    h("thead", {}, h("tr", {}, heads.map(name => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows.map(it => h("tr", {}, [
      moment(it.time), [it.kind, it.state, it.cause].filter(Boolean).join(" "), figure(it.score), figure(it.threshold),
      clip(it, chosen, signal),
    ].map(cell => h("td", {}, cell))))));
}

// A record may hold a whole path; the server knows clips by their names only.
function clip(it, chosen, signal) {
  if (!it.clip) return "";
  const name = String(it.clip).split("/").at(-1);
  const address = path("runs", chosen.run, "clips", name);
  const words = `clip of ${moment(it.time)}`;
  return readsNeedToken ? player(address, words, signal) : h("a", { href: address, "aria-label": words }, "listen");
}
