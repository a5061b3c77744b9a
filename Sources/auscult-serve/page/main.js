const tiles = new Map(), scores = new Map(), most = 300;
const note = document.getElementById("note"), main = document.getElementById("machines");
const key = (run, machine, node) => JSON.stringify([run, machine, node ?? ""]);
const figure = value => value == null ? "–" : Number(value.toPrecision(4)).toString();

function element(name, text, className) {
  const made = document.createElement(name);
  if (text != null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function line(values, top, className) {
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const step = 100 / Math.max(1, values.length - 1);
  const points = values.map((value, index) =>
    value == null ? "" : `${index ? "L" : "M"}${(index * step).toFixed(2)} ${(38 - 36 * Math.min(1, value / top)).toFixed(2)}`);
  path.setAttribute("d", points.join(" ").replace(/^L/, "M"));
  if (className) path.setAttribute("class", className);
  return path;
}

function sparkline(list, latest) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 40");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `The last ${list.length} scores: now ${figure(latest?.score)}, threshold ${figure(latest?.threshold)}`);
  const top = Math.max(1e-12, ...list.flatMap(item => [item.score, item.threshold ?? 0])) * 1.05;
  svg.append(line(list.map(item => item.score), top), line(list.map(item => item.threshold), top, "threshold"));
  return svg;
}

function draw(machine) {
  const id = key(machine.run, machine.machine);
  let tile = tiles.get(id);
  if (!tile) {
    tile = element("article");
    tiles.set(id, tile);
    main.append(tile);
  }
  tile.dataset.state = machine.state;
  const parts = [element("h2", machine.machine),
    element("p", machine.state + (machine.cause ? ` (${machine.cause})` : ""))];
  for (const score of machine.scores ?? []) {
    const list = scores.get(key(machine.run, machine.machine, score.node)) ?? [];
    if (score.score == null) { parts.push(element("p", `${score.node}: learns`, "quiet")); continue; }
    parts.push(sparkline(list, score));
    parts.push(element("p", `${score.node}: score ${figure(score.score)}, threshold ${figure(score.threshold)}`, "quiet"));
  }
  const level = machine.level && (machine.level.rms_dbfs == null ? "silent" : `level ${machine.level.rms_dbfs} dBFS`);
  parts.push(element("p", [machine.run, level].filter(Boolean).join(" · "), "quiet"));
  tile.replaceChildren(...parts);
  return id;
}

function keep(run, record) {
  if (record.kind !== "score") return;
  const id = key(run, record.machine, record.node), list = scores.get(id) ?? [];
  list.push({ score: record.score, threshold: record.threshold });
  if (list.length > most) list.splice(0, list.length - most);
  scores.set(id, list);
}

async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.json();
}

async function refresh() {
  try {
    const { machines } = await read("/api/v1/machines");
    const drawn = new Set(machines.map(draw));
    for (const [id, tile] of tiles) if (!drawn.has(id)) { tile.remove(); tiles.delete(id); }
    const alarms = machines.filter(machine => machine.state === "alarm").length;
    const count = machines.length === 1 ? "1 machine" : `${machines.length} machines`;
    note.textContent = machines.length ? `${count}, ${alarms} with an alarm` : "No graph runs. Start one: auscult run GRAPH";
  } catch (error) { note.textContent = `The server does not answer: ${error.message}`; }
}

async function past() {
  const { runs } = await read("/api/v1/runs");
  for (const run of runs) {
    const answer = await read(`/api/v1/runs/${encodeURIComponent(run.name)}/scores?limit=2000`);
    for (const record of answer.scores) keep(run.name, record);
  }
}

await past().catch(() => {});
const events = new EventSource("/events");
events.addEventListener("record", event => {
  const { run, record } = JSON.parse(event.data);
  keep(run, record);
  if (record.kind === "alarm") refresh();
});
events.addEventListener("run", refresh);
await refresh();
setInterval(refresh, 2000);
