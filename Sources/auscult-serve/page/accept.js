// "This is normal": the detector learns a clip. First a trial that changes nothing, then, if one wants, for good.

import { button, h } from "./dom.js";
import { get, path, post } from "./api.js";
import { openDialog } from "./dialog.js";
import { pause } from "./timers.js";
import { moment } from "./words.js";

/** @param entry of the list of alarms, with its `clip`. */
export function acceptDialog(run, machine, entry) {
  const lines = h("pre", { role: "log", tabindex: 0, "aria-label": "What happens", class: "lines" });
  const state = h("p", { role: "status" },
    "A trial shows whether the detector can learn this sound. It changes nothing.");
  let job = null;
  let isOpen = true;
  const act = async isTrial => {
    attempt.disabled = accept.disabled = true;
    lines.textContent = "";
    state.textContent = isTrial ? "The trial runs …" : "The detector learns …";
    try {
      job = (await post(path("runs", run, "accept"), { machine, clips: [entry.clip.file], dry_run: isTrial })).job;
      stop.disabled = false;
      const end = await watch(job, lines, () => isOpen);
      if (end) tell(end, isTrial);
    } catch (error) {
      state.textContent = error.message;
      attempt.disabled = false;
    }
    job = null;
    stop.disabled = true;
  };
  const tell = (end, isTrial) => {
    const isDone = end.state === "done";
    const good = isTrial ? "The trial ended well: accept the sound, or close this." : "The new detector judges now.";
    state.textContent = isDone ? good : "It failed, and nothing was changed.";
    attempt.disabled = isDone && !isTrial;
    accept.disabled = !(isDone && isTrial);
  };
  const attempt = button("Try", () => act(true));
  const accept = button("Accept", () => act(false), { disabled: true });
  const cancel = () => job != null && post(path("jobs", job, "cancel")).catch(() => {});
  const stop = button("Stop", cancel, { disabled: true });
  const close = openDialog("This is normal", [
    h("p", {}, `The sound of ${machine}, ${moment(entry.time)}: the detector learns that it is normal.`),
    state, lines, h("p", { class: "row" }, attempt, accept, stop, button("Close", () => close())),
  ], () => { isOpen = false; });
}

/** Shows a job's lines until it ends; null: nobody looks any more. */
async function watch(job, lines, isWanted) {
  while (isWanted()) {
    const answer = await get(path("jobs", job));
    const text = (answer.lines ?? []).join("\n");
    if (lines.textContent !== text) {
      lines.textContent = text;
      lines.scrollTop = lines.scrollHeight;
    }
    if (answer.state !== "running") return answer;
    await pause(500);
  }
  return null;
}
