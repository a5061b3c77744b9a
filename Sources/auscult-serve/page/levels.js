// The values of a stream's tokens as levels of each band.

const decibels = power => 10 * Math.log10(Math.max(power, 1e-20));

/**
 * Columns of a token: a slice has several.
 * @param format the `format` item of the stream.
 */
export function columns(format, values) {
  if (format.stream === "spectrum") return [spectrum(values)];
  const size = format.columns;
  const rows = [];
  for (let begin = 0; begin + size <= values.length; begin += size) {
    rows.push(row(format, values.slice(begin, begin + size)));
  }
  return rows;
}

function spectrum(values) {
  const levels = new Float32Array(values.length / 2);
  for (let index = 0; index < levels.length; index++) {
    levels[index] = decibels(values[2 * index] ** 2 + values[2 * index + 1] ** 2);
  }
  return levels;
}

const row = (format, values) => Float32Array.from(values, format.scale === "linear" ? decibels : value => value);

/** The unit of these levels. */
export const levelUnit = format => format.scale === "linear" || format.scale === "decibel" ? "dB" : "";
