// What the page knows of the runs: asked for every two seconds, and told by /events at once.

import { get, path, query } from "./api.js";
import { follow } from "./sse.js";

const most = 2000;
export const key = (run, machine, node) => JSON.stringify([run, machine, node ?? ""]);

/** Events: `change` (runs, machines), `record` ({run, record}), `fault` (text). */
class Store extends EventTarget {
  runs = [];
  machines = [];
  /** Scores by run, machine and node: {time, score, threshold, bands}. */
  scores = new Map();
  /** Alarms, deafness and gaps by run, the oldest first. */
  events = new Map();
  isKnown = false;

  start() {
    document.addEventListener("visibilitychange", () => document.hidden ? this.#quiet() : this.#listen());
    this.#listen();
    const beat = async () => {
      await this.refresh();
      setTimeout(beat, document.hidden ? 5000 : 2000);
    };
    beat();
  }

  // A page that nobody sees holds no stream: a browser allows six to one server, in all tabs.
  #quiet() {
    this.close?.();
    this.close = undefined;
  }

  #listen() {
    if (this.close) return;
    this.close = follow("/events", (name, value) => this.#hear(name, value), state => state === "open" && this.#past());
  }

  async #past() {
    const runs = await get(path("runs")).then(answer => answer.runs, () => []);
    await Promise.all(runs.map(run => this.#pastOf(run.name).catch(() => {})));
    this.tell("change");
  }

  async #pastOf(run) {
    const [scores, events] = await Promise.all([
      get(path("runs", run, "scores") + query({ limit: most })),
      get(path("runs", run, "events") + query({ limit: 200 })),
    ]);
    for (const id of [...this.scores.keys()]) if (JSON.parse(id)[0] === run) this.scores.delete(id);
    this.events.set(run, []);
    for (const record of [...scores.scores, ...events.events]) this.#keep(run, record);
  }

  #hear(name, value) {
    if (name === "run") return this.refresh();
    if (name !== "record") return;
    const { run, record } = value;
    this.#keep(run, record);
    if (record.kind === "alarm" && record.state === "raised") this.#raise(run, record.machine);
    this.tell("record", value);
    if (record.kind !== "score") this.refresh();
  }

  // The tile is red before the next answer of the server.
  #raise(run, name) {
    const machine = this.machine(run, name);
    if (!machine || machine.state === "alarm") return;
    machine.state = "alarm";
    this.tell("change");
  }

  #keep(run, record) {
    if (record.kind !== "score") {
      const list = this.events.get(run) ?? [];
      list.push(record);
      if (list.length > most) list.splice(0, list.length - most);
      this.events.set(run, list);
      return;
    }
    const id = key(run, record.machine, record.node);
    const list = this.scores.get(id) ?? [];
    list.push({
      time: record.time ? Date.parse(record.time) : Date.now(), score: record.score, threshold: record.threshold,
      anomalous: record.anomalous, bands: record.bands, end: record.end,
    });
    if (list.length > most) list.splice(0, list.length - most);
    this.scores.set(id, list);
  }

  async refresh() {
    try {
      const [machines, runs] = await Promise.all([get(path("machines")), get(path("runs"))]);
      this.machines = machines.machines;
      this.runs = runs.runs;
      this.isKnown = true;
      this.tell("change");
    } catch (error) {
      this.tell("fault", error.message);
    }
  }

  machine(run, name) { return this.machines.find(it => it.run === run && it.machine === name); }

  /** The alarms of a machine, or of all; the newest first. */
  alarms(run, name) {
    return (this.events.get(run) ?? []).filter(it => it.kind === "alarm" && (!name || it.machine === name)).reverse();
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  /** Listens until the view is left. */
  on(name, act, signal) { this.addEventListener(name, event => act(event.detail), { signal }); }
}

export const store = new Store();
