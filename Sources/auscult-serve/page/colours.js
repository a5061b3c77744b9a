// The colours of levels: dark to bright, distinct also in grey and for the colour-blind (viridis).

const stops = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121],
  [109, 205, 89], [180, 222, 44], [253, 231, 37],
];

/** 256 colours as RGBA words of an `ImageData`. */
export const colours = new Uint32Array(256).map((_, index) => {
  const place = index / 255 * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(place));
  const [one, other] = [stops[low], stops[low + 1]];
  const mix = channel => Math.round(one[channel] + (other[channel] - one[channel]) * (place - low));
  return (255 << 24 | mix(2) << 16 | mix(1) << 8 | mix(0)) >>> 0;
});
