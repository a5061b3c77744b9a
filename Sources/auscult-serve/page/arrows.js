// Moves the focus by the arrow keys between elements that lie beside and below each other.

/** Among the elements of `place` that match `selector`, until `signal`. */
export function moveByArrows(place, selector, signal) {
  place.addEventListener("keydown", event => {
    const from = document.activeElement?.closest?.(selector);
    if (!from || !place.contains(from) || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = neighbour(from, [...place.querySelectorAll(selector)], event.key);
    if (!to) return;
    event.preventDefault();
    to.focus();
  }, { signal });
}

const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function neighbour(from, all, key) {
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  const [x, y] = directions[key] ?? [0, 0];
  if (!x && !y) return null;
  const middle = element => {
    const box = element.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const [fromX, fromY] = middle(from);
  let best = null;
  let least = Infinity;
  for (const element of all) {
    const [toX, toY] = middle(element);
    const along = (toX - fromX) * x + (toY - fromY) * y;
    const aside = Math.abs((toX - fromX) * y) + Math.abs((toY - fromY) * x);
    if (element === from || along < 1 || along + 3 * aside >= least) continue;
    least = along + 3 * aside;
    best = element;
  }
  return best;
}
