// The alarms of a machine and their clips: the sound, its picture, and "this is normal".

import { acceptDialog } from "./accept.js";
import { get, getBytes, path, query } from "./api.js";
import { download, player } from "./clip.js";
import { button, h, keep, replace, setText } from "./dom.js";
import { newestFirst } from "./records.js";
import { pictureOf } from "./sound.js";
import { store } from "./store.js";
import { every } from "./timers.js";
import { duration, figure, moment } from "./words.js";

/** Entries that are shown. */
const most = 50;

export function alarmList(place, run, machine, signal) {
  const state = h("p", { class: "quiet", role: "status" });
  const list = h("ul", { class: "alarms" });
  place.append(state, list);
  let clips = [];
  let problem = "";
  const draw = () => {
    const entries = merged(store.alarms(run, machine), clips);
    setText(state, problem || (entries.length ? "" : "No alarm yet."));
    keep(list, entries, entry => entry.id, () => h("li", {}, h("p", {}), h("div", {})), (item, entry) => {
      setText(item.firstChild, words(entry));
      const isNew = entry.clip && !item.lastChild.childElementCount;
      if (isNew) item.lastChild.append(clipParts(run, machine, entry, signal));
    });
  };
  const load = async () => {
    try {
      clips = (await get(path("runs", run, "clips") + query({ machine, limit: most }), { signal })).clips;
      problem = "";
    } catch (error) {
      if (signal.aborted) return;
      problem = `The clips are not known: ${error.message}`;
    }
    draw();
  };
  store.on("record", ({ run: of, record }) => {
    if (of === run && record.machine === machine && record.kind !== "score") load();
  }, signal);
  // A clip is whole some seconds after its alarm.
  every(3000, load, signal);
  load();
}

/** An entry for each alarm, with its clip, and for each clip without a known alarm. The newest first. */
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
  return newestFirst(entries.values()).slice(0, most);
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
      replace(picture, await pictureOf(await getBytes(address, { signal }), name, signal));
      show.remove();
    } catch (error) {
      show.disabled = false;
      replace(picture, h("p", { class: "problem", role: "alert" }, `No picture: ${error.message}`));
    }
  });
  return h("div", { class: "clip" }, player(address, name, signal),
    h("p", { class: "row" }, show, button("This is normal …", () => acceptDialog(run, machine, entry)),
      download(address, entry.clip.file, signal)), picture);
}
