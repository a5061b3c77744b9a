// Which view an address shows: `#/`, `#/run/NAME/machine/MACHINE`, `#/run/NAME/graph`, `#/run/NAME/graph/NODE`,
// `#/run/NAME/edit`, `#/history`, `#/history/NAME`, `#/history/NAME/MACHINE`.

/** The address of a view. */
export const link = (...parts) => "#/" + parts.map(encodeURIComponent).join("/");

/** What an address shows: {view, run, machine, node}. An unknown address shows the overview. */
export function route(hash) {
  const parts = hash.replace(/^#?\/?/, "").split("?")[0].split("/").filter(Boolean).map(decode);
  if (parts[0] === "history") return { view: "history", run: parts[1], machine: parts[2] };
  if (parts[0] !== "run" || !parts[1]) return { view: "overview" };
  if (parts[2] === "machine" && parts[3]) return { view: "machine", run: parts[1], machine: parts[3] };
  if (parts[2] === "edit") return { view: "editor", run: parts[1] };
  return { view: "graph", run: parts[1], node: parts[2] === "graph" ? parts[3] : undefined };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
