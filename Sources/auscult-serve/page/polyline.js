// The data of an SVG path through points.

/** @param points [[x, y]] of the picture; one without a finite y parts the line. */
export function polyline(points) {
  let isDown = false;
  let text = "";
  for (const [x, y] of points) {
    const isPoint = Number.isFinite(y);
    if (isPoint) text += `${isDown ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`;
    isDown = isPoint;
  }
  return text;
}
