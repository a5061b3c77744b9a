// What a change would do, shown before it is done.

import { button, h } from "./dom.js";
import { get, path, post } from "./api.js";
import { openDialog } from "./dialog.js";
import { say } from "./say.js";
import { pause } from "./timers.js";
import { count, duration } from "./words.js";

/**
 * Asks for a change, and waits until it is done, failed, or warming up.
 * @param seen called with each state: it is `waiting` until the change before it has settled.
 */
async function change(run, action, parameters, waits, seen) {
  const { change: number } = await post(path("runs", run, action), parameters);
  for (;;) {
    const answer = await get(path("runs", run, "changes", String(number)));
    const isEnd = answer.state === "done" || answer.state === "failed";
    if (isEnd || (!waits && answer.state === "warming")) return answer;
    seen(answer.state);
    await pause(150);
  }
}

/**
 * Shows the plan of a change in a dialog, and does it when one agrees.
 * @param title such as "swap judge learn=4s".
 * @param done called after it was done.
 * @param failed called with the diagnostics of a change that is not possible.
 */
export async function plan(title, run, action, parameters, done = () => {}, failed = () => {}) {
  const state = h("p", { role: "status" }, "Asking for the plan …");
  const list = h("ul", { class: "plan" });
  const agree = button("Do it", () => act(), { disabled: true });
  const close = openDialog(title, [state, list, h("p", { class: "row" }, agree, button("Cancel", () => close()))]);
  let told = new Set();
  const seen = it => {
    if (it === "waiting") state.textContent = "Waiting for the change in progress …";
  };
  const act = async () => {
    agree.disabled = true;
    state.textContent = "In progress …";
    try {
      const answer = await change(run, action, parameters, Boolean(parameters.save), seen);
      if (answer.state === "failed") return show(answer);
      say(`${title}: ${answer.state === "warming" ? "in progress" : "done"}`);
      // Such as whether a text that runs could be saved.
      const fresh = (answer.notes ?? []).map(noteWords).filter(words => !told.has(words));
      if (fresh.length) remind(fresh);
      else close();
      done(answer);
    } catch (error) {
      state.textContent = error.message;
    }
  };
  const remind = fresh => {
    state.textContent = "It is done.";
    list.replaceChildren(...fresh.map(words => h("li", { role: "alert" }, words)));
  };
  const show = answer => {
    const diagnostics = answer.diagnostics ?? [];
    if (answer.state === "failed") {
      state.textContent = answer.problem ?? "The change is not possible.";
      list.replaceChildren(...diagnostics.map(it => h("li", { class: "problem" }, diagnosticWords(it))));
      failed(diagnostics);
      return;
    }
    state.textContent = planSummary(answer.plan);
    list.replaceChildren(...planLines(answer));
    told = new Set((answer.notes ?? []).map(noteWords));
    agree.disabled = false;
    agree.focus();
  };
  try {
    show(await change(run, action, { ...parameters, dry_run: true }, true, seen));
  } catch (error) {
    state.textContent = error.message;
  }
}

const diagnosticWords = it => it.message + (it.suggestion ? `; did you mean '${it.suggestion}'?` : "");

function planSummary(plan) {
  if (!plan?.changes) return "Nothing changes.";
  const kept = plan.nodes.filter(node => node.action === "kept").length;
  return `${count(kept, "node")} of ${plan.nodes.length} run on as they are.`;
}

function planLines(answer) {
  const lines = (answer.plan?.nodes ?? []).filter(node => node.action !== "kept").map(node => {
    const seconds = node.warm_up_frames / answer.rate;
    const warm = seconds > 0 ? `, warms up for ${duration(seconds)}` : "";
    return h("li", {}, h("b", {}, node.node), ` (${node.class}): ${node.action}${warm}`,
      node.reason && h("span", { class: "quiet" }, ` ${node.reason}`));
  });
  return lines.concat([...(answer.plan?.notes ?? []), ...(answer.notes ?? [])].map(note =>
    h("li", { class: "quiet" }, noteWords(note))));
}

const noteWords = note => typeof note === "string" ? note : note.message ?? JSON.stringify(note);
