// Where the marks of an axis lie, and what they say.

import { clock, day, figure } from "./words.js";

/** Round numbers in [low, high], about `most`. */
export function numberTicks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find(factor => factor * power >= rough) * power;
  const ticks = [];
  for (let index = Math.ceil(low / step); index * step <= high && ticks.length < 50; index++) {
    ticks.push({ at: index * step, text: figure(Number((index * step).toPrecision(6))) });
  }
  return ticks;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const wholeDay = 24 * hour;
const steps = [1, 2, 5, 10, 15, 30].map(count => count * second)
  .concat([1, 2, 5, 10, 15, 30].map(count => count * minute), [1, 2, 3, 6, 12].map(count => count * hour),
    [1, 2, 7, 14, 30, 60, 180, 365].map(count => count * wholeDay));

/** Round times in [low, high], in milliseconds since 1970. */
export function timeTicks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const step = steps.find(it => it >= rough) ?? steps.at(-1);
  // Days begin at midnight of this place.
  const shift = new Date(low).getTimezoneOffset() * minute;
  const ticks = [];
  for (let at = Math.ceil((low - shift) / step) * step + shift; at <= high && ticks.length < 50; at += step) {
    const time = new Date(at);
    const ofDay = step >= minute ? clock(time).slice(0, 5) : clock(time);
    ticks.push({ at, text: step >= wholeDay ? day(time).slice(5) : ofDay });
  }
  return ticks;
}

/** Round frequencies of a column whose entries have these hertz; `at` is an entry, with a fraction. */
export function hertzTicks(hertz, least) {
  const low = hertz[0];
  const high = hertz.at(-1);
  const isLinear = Math.abs((hertz[1] - low) * (hertz.length - 1) - (high - low)) < (high - low) / 100;
  const wanted = isLinear ? numberTicks(low, high, 6).map(tick => tick.at) :
    [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000].filter(it => it >= low && it <= high);
  const ticks = [];
  for (const value of wanted) {
    const at = entryOf(hertz, value);
    if (!ticks.length || at - ticks.at(-1).at >= least) {
      ticks.push({ at, text: value >= 1000 ? `${value / 1000}k` : String(value) });
    }
  }
  return ticks;
}

/** The place of a frequency among those of the entries. */
export function entryOf(hertz, value) {
  const above = hertz.findIndex(it => it >= value);
  if (above <= 0) return above < 0 ? hertz.length - 1 : 0;
  return above - (hertz[above] - value) / (hertz[above] - hertz[above - 1]);
}
