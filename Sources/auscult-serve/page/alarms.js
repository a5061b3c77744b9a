// The alarms of a machine and their clips: the sound, its picture, and "this is normal".

import { acceptDialog } from "./accept.js";
import { ask, get, path, query, readsNeedToken } from "./api.js";
import { button, h, keep, replace } from "./dom.js";
import { pictureOf } from "./sound.js";
import { store } from "./store.js";
import { duration, figure, moment } from "./words.js";

export function alarmList(place, run, machine, signal) {
  const state = h("p", { class: "quiet", role: "status" });
  const list = h("ul", { class: "alarms" });
  place.append(state, list);
  let clips = [];
  const draw = () => {
    const entries = merged(store.alarms(run, machine), clips);
    state.textContent = entries.length ? "" : "No alarm yet.";
    keep(list, entries, entry => entry.id, () => h("li", {}, h("p", {}), h("div", {})), (item, entry) => {
      replaceText(item.firstChild, words(entry));
      const isNew = entry.clip && !item.lastChild.childElementCount;
      if (isNew) item.lastChild.append(clipParts(run, machine, entry, signal));
    });
  };
  const load = async () => {
    try {
      clips = (await get(path("runs", run, "clips") + query({ machine, limit: 50 }), { signal })).clips;
    } catch (error) {
      if (signal.aborted) return;
    }
    draw();
  };
  store.on("record", ({ run: of, record }) => {
    if (of === run && record.machine === machine && record.kind !== "score") load();
  }, signal);
  // A clip is whole some seconds after its alarm.
  const timer = setInterval(load, 3000);
  signal.addEventListener("abort", () => clearInterval(timer));
  load();
}

const replaceText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

/** One entry an alarm, with its clip; and one for each clip without a known alarm. The newest first. */
function merged(alarms, clips) {
  const entries = new Map();
  for (const alarm of alarms.filter(it => it.state === "raised" || it.state === "cleared")) {
    const id = alarm.id ?? `${alarm.node}-${alarm.begin}`;
    const known = entries.get(id) ?? { id, time: alarm.time };
    const { time, score, threshold } = alarm;
    if (alarm.state === "raised") Object.assign(known, { time, score, threshold });
    else known.cleared ??= alarm.time;
    entries.set(id, known);
  }
  for (const clip of clips) {
    const id = clip.event?.id ?? clip.file;
    const { time = clip.time, score, threshold } = clip.event ?? {};
    const known = entries.get(id) ?? { id, time, score, threshold };
    if (!known.clip) entries.set(id, { ...known, clip });
  }
  return [...entries.values()].sort((one, other) => String(other.time).localeCompare(String(one.time))).slice(0, 50);
}

function words(entry) {
  const parts = [moment(entry.time)];
  if (entry.score != null) parts.push(`score ${figure(entry.score)} over ${figure(entry.threshold)}`);
  if (entry.cleared) parts.push(`cleared ${moment(entry.cleared)}`);
  if (entry.clip?.seconds != null) parts.push(`${duration(entry.clip.seconds)} of sound`);
  return parts.join(" · ");
}

function clipParts(run, machine, entry, signal) {
  const address = path("runs", run, "clips", entry.clip.file);
  const picture = h("div", {});
  const name = `Clip of ${moment(entry.time)}`;
  const show = button("Show its spectrogram", async () => {
    show.disabled = true;
    replace(picture, h("p", { role: "status" }, "Computing …"));
    try {
      const answer = await ask(address, { signal });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      replace(picture, await pictureOf(await answer.arrayBuffer(), name, signal));
      show.remove();
    } catch (error) {
      show.disabled = false;
      replace(picture, h("p", { class: "problem", role: "alert" }, `No picture: ${error.message}`));
    }
  });
  return h("div", { class: "clip" }, player(address, name, signal),
    h("p", { class: "row" }, show, button("This is normal …", () => acceptDialog(run, machine, entry)),
      h("a", { href: address, download: entry.clip.file }, "Download")), picture);
}

// A player can't send the token: where reading needs it, the sound is fetched first.
function player(address, name, signal) {
  const made = h("audio", { controls: true, preload: "none", "aria-label": name });
  if (!readsNeedToken) {
    made.src = address;
    return made;
  }
  const load = button("Load the sound", async () => {
    const sound = URL.createObjectURL(await (await ask(address, { signal })).blob());
    signal.addEventListener("abort", () => URL.revokeObjectURL(sound));
    made.src = sound;
    load.replaceWith(made);
  });
  return load;
}
