// Numbers and times as people read them.

/** Four digits: `0.02013`, `18.13`. */
export function figure(value) {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace("-", "−");
  return Number(value.toPrecision(4)).toLocaleString("en").replace("-", "−");
}

/** `12.5 %`, of a share from 0 to 1. */
export const percent = share => share == null ? "–" : `${figure(Number((share * 100).toPrecision(3)))} %`;

/** `63 Hz`, `1.25 kHz`. */
export const hertz = value =>
  value >= 1000 ? `${figure(Number((value / 1000).toPrecision(3)))} kHz` : `${Math.round(value)} Hz`;

/** `32 ms`, `4.2 s`, `3 min`, `2 h`, `5 d`. */
export function duration(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return "–";
  if (seconds > 0 && seconds < 0.1) return `${Number((seconds * 1000).toFixed(seconds < 0.001 ? 2 : 0))} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

const two = number => String(number).padStart(2, "0");

/** The time of day, of this place. */
export const clock = time => `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;

/** The day, of this place. */
export const day = time => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;

/** The time, with the day unless it is today's. */
export function moment(text) {
  const time = new Date(text);
  if (!text || Number.isNaN(time.getTime())) return "at an unknown time";
  return day(time) === day(new Date()) ? clock(time) : `${day(time)} ${clock(time)}`;
}

/** `1 alarm`, `2 alarms`. */
export const count = (number, one, more = `${one}s`) => `${number} ${number === 1 ? one : more}`;
