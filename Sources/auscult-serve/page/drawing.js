// The graph as a picture: boxes in layers, from left to right, or downwards where there is little room.

import { svg } from "./dom.js";
import { layout } from "./layout.js";
import { link } from "./router.js";

const height = 62;
const passing = 16;
const across = 14;

/** @param texts (name) -> {lines: two, isBad}; @param chosen the node that is looked at. */
export function drawGraph(run, graph, texts, chosen, width) {
  const layers = layout(graph.nodes.map(node => node.name), graph.edges);
  const size = sizes(layers, width);
  const places = placed(layers, size);
  const all = [...places.values()];
  const right = 4 + Math.max(0, ...all.map(it => it.x + it.width));
  const bottom = 4 + Math.max(0, ...all.map(it => it.y + it.height));
  const picture = svg("svg", {
    class: "graph", viewBox: `0 0 ${right} ${bottom}`, width: right, height: bottom, role: "group",
    "aria-label": `The graph ${graph.graph}: ${graph.nodes.length} nodes and ${graph.edges.length} links. `
      + "Each node is a link to its parameters.",
  }, tip());
  graph.edges.forEach(({ from, to, kind }, edge) => {
    const passed = [...places].filter(([name]) => name.startsWith(`${edge} `)).map(([, place]) => place);
    picture.append(svg("path", {
      class: `edge ${kind}`, "marker-end": "url(#tip)",
      d: way([places.get(from.node), ...passed, places.get(to.node)], size.isDown),
    }, svg("title", {}, `${from.node}.${from.port} to ${to.node}.${to.port}: ${kind}`)));
  });
  for (const node of graph.nodes) {
    picture.append(box(run, node, places.get(node.name), texts(node.name), node.name === chosen));
  }
  return picture;
}

const tip = () => svg("defs", {}, svg("marker",
  { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
  svg("path", { d: "M0 0 8 4 0 8z" })));

/** From left to right if the layers fit, with narrower boxes if need be. */
function sizes(layers, width) {
  const fitting = (width - 8) / layers.length;
  if (fitting >= 112) return { isDown: false, box: Math.min(150, fitting - 22), along: 22 };
  const most = Math.max(...layers.map(layer => layer.filter(it => it.edge == null).length));
  const passes = Math.max(...layers.map(layer => layer.filter(it => it.edge != null).length));
  return { isDown: true, box: Math.max(84, Math.min(150, (width - 8 - passes * passing) / most - across)), along: 30 };
}

function placed(layers, { isDown, box: boxWidth, along }) {
  const places = new Map();
  layers.forEach((layer, index) => {
    let offset = 4;
    for (const it of layer) {
      const isNode = it.edge == null;
      const wide = isDown ? (isNode ? boxWidth : passing - across) : boxWidth;
      const high = isDown ? height : (isNode ? height : passing - across);
      const start = 4 + index * ((isDown ? height : boxWidth) + along);
      const [x, y] = isDown ? [offset, start] : [start, offset];
      places.set(it.name, { x, y, width: Math.max(2, wide), height: Math.max(2, high) });
      offset += (isDown ? wide : high) + across;
    }
  });
  return places;
}

/** A curve from box to box, straight where it passes others. */
function way(stops, isDown) {
  const middle = isDown ? it => it.x + it.width / 2 : it => it.y + it.height / 2;
  const end = isDown ? it => it.y + it.height : it => it.x + it.width;
  const begin = isDown ? it => it.y : it => it.x;
  const point = (along, aside) => (isDown ? [aside, along] : [along, aside]).map(it => it.toFixed(1)).join(" ");
  let text = `M${point(end(stops[0]), middle(stops[0]))}`;
  for (let index = 1; index < stops.length; index++) {
    const [one, other] = [stops[index - 1], stops[index]];
    const half = (begin(other) - end(one)) / 2;
    const bends = [point(end(one) + half, middle(one)), point(begin(other) - half, middle(other))];
    text += `C${bends.join(" ")} ${point(begin(other), middle(other))}`;
    if (index < stops.length - 1) text += `L${point(end(other), middle(other))}`;
  }
  return text;
}

function box(run, node, { x, y, width }, { lines, isBad }, isChosen) {
  const most = Math.max(3, Math.floor((width - 10) / 6));
  const fits = text => text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return svg("a", {
    href: link("run", run, "graph", node.name), class: `node ${node.thread}${isBad ? " bad" : ""}`,
    "data-key": node.name, "aria-current": isChosen ? "true" : null,
    "aria-label": [node.name, node.class, node.thread, ...lines].filter(Boolean).join(", "),
  },
  svg("title", {}, `${node.name}: ${node.class} (${node.thread})`),
  svg("rect", { x, y, width, height, rx: 5 }),
  svg("text", { class: "name", x: x + 7, y: y + 17 }, fits(node.name)),
  svg("text", { x: x + 7, y: y + 35 }, fits(lines[0] ?? "")),
  svg("text", { x: x + 7, y: y + 52 }, fits(lines[1] ?? "")));
}
