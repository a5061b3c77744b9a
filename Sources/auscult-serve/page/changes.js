// The change that is under way, and a candidate in the shadow with its agreement.

import { button, h, replace } from "./dom.js";
import { plan } from "./plan.js";
import { count, duration, figure, percent } from "./words.js";

const names = { promote: "Promote …", discard: "Discard …", rollback: "Rollback …" };

export function changePanel(place, run, status, refresh) {
  const swap = status.swap;
  const act = action => button(names[action], () => plan(action, run, action, {}, refresh), { "data-key": action });
  const isShadowing = swap?.stage === "shadowing";
  replace(place, h("h2", { id: "changes" }, "Changes"), h("p", {}, words(swap)), swap?.shadow && shadow(swap.shadow),
    h("p", { class: "row" }, isShadowing && act("promote"), isShadowing && act("discard"), act("rollback")));
}

function words(swap) {
  if (!swap) return "The graph has not been changed since the run began.";
  return `Generation ${swap.generation}: ${swap.stage}${swap.reason ? ` (${swap.reason})` : ""}`;
}

const rows = [
  ["scores", side => side.scores ?? 0],
  ["over the threshold", side => side.anomalous ?? 0],
  ["alarms", side => side.alarms ?? 0],
  ["mean score", side => figure(side.mean)],
  ["worst score", side => figure(side.most)],
  ["time per score", side => time(side.nanoseconds_per_token)],
];

function time(nanoseconds) {
  if (nanoseconds == null) return "–";
  return nanoseconds < 1e6 ? `${figure(Number((nanoseconds / 1000).toPrecision(3)))} µs` : duration(nanoseconds / 1e9);
}

function shadow(it) {
  const agreement = it.compared ? percent(it.agreeing / it.compared) : "none yet";
  const head = h("tr", {}, ["detector", "present", "candidate"].map(name => h("th", { scope: "col" }, name)));
  const body = rows.map(([name, of]) => h("tr", {}, h("th", { scope: "row" }, name),
    [it.present, it.candidate].map(side => h("td", {}, of(side ?? {})))));
  return h("div", {
    class: "scroll", tabindex: 0, role: "region", "aria-label": "The candidate in the shadow", "data-key": "shadow",
  }, h("p", {}, `Agreement: ${agreement}, of ${count(it.compared, "pair")} of scores.`),
  h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}
