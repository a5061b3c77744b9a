// Places the nodes of a graph in layers, so that every link leads forward and passes beside the nodes between.

/**
 * @param nodes names, in the order of the file; @param edges {from, to: {node}}.
 * @returns layers: lists of {name} for a node, and {name: "EDGE LAYER", edge} where a link passes.
 */
export function layout(nodes, edges) {
  const before = new Map(nodes.map(name => [name, new Set()]));
  for (const { from, to } of edges) if (from.node !== to.node) before.get(to.node)?.add(from.node);
  const depth = depths(nodes, before);
  const layers = [];
  for (const name of nodes) (layers[depth.get(name)] ??= []).push({ name, hears: [...before.get(name)] });
  edges.forEach(({ from, to }, edge) => {
    let last = from.node;
    for (let layer = depth.get(from.node) + 1; layer < depth.get(to.node); layer++) {
      layers[layer].push({ edge, name: `${edge} ${layer}`, hears: [last] });
      last = `${edge} ${layer}`;
    }
  });
  const rows = new Map();
  for (const layer of layers) sort(layer, rows);
  return layers;
}

/** Each near the middle of what it hears, so that few links cross. */
function sort(layer, rows) {
  const middle = ({ hears }) => hears.reduce((sum, name) => sum + (rows.get(name) ?? 0), 0) / Math.max(1, hears.length);
  const order = new Map(layer.map((it, index) => [it, middle(it) + (it.edge == null ? 0 : 0.5) + index / 1e6]));
  layer.sort((one, other) => order.get(one) - order.get(other));
  layer.forEach((it, row) => rows.set(it.name, row));
}

/** The length of the longest way to each node. A graph has no cycle; should one come, it ends nevertheless. */
function depths(nodes, before) {
  const depth = new Map(nodes.map(name => [name, 0]));
  for (let round = 0; round < nodes.length; round++) {
    let isSettled = true;
    for (const name of nodes) {
      for (const earlier of before.get(name)) {
        const least = (depth.get(earlier) ?? -1) + 1;
        if (depth.get(name) >= least || least >= nodes.length) continue;
        depth.set(name, least);
        isSettled = false;
      }
    }
    if (isSettled) break;
  }
  return depth;
}
