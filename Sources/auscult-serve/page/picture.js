// Columns of levels as a picture that scrolls: time to the right, frequency upwards, level as colour.

import { colours } from "./colours.js";

const blank = Number.NaN;

export class Picture {
  /** @param size columns that are kept; @param bands entries of each. */
  constructor(size, bands) {
    this.size = size;
    this.bands = bands;
    this.levels = new Float32Array(size * bands).fill(blank);
    this.times = new Float64Array(size);
    this.count = 0;
    this.low = Infinity;
    this.high = -Infinity;
    this.store = document.createElement("canvas");
    this.store.width = size;
    this.store.height = bands;
    this.pen = this.store.getContext("2d", { alpha: true });
    this.strip = this.pen.createImageData(1, bands);
    this.words = new Uint32Array(this.strip.data.buffer);
  }

  /** Adds a column; null: sound was lost there. */
  add(levels, time) {
    const place = this.count++ % this.size;
    this.times[place] = time;
    const target = this.levels.subarray(place * this.bands, (place + 1) * this.bands);
    if (levels) target.set(levels.subarray(0, this.bands));
    else target.fill(blank);
    if (this.#fit()) this.#paintAll();
    else this.#paint(place);
  }

  // The colours reach from the quietest to the loudest level of what is shown; they are fitted again now and then.
  #fit() {
    if (this.count > 8 && this.count % 64 !== 0) return false;
    const known = this.levels.filter(Number.isFinite).sort();
    if (!known.length) return false;
    const low = known[Math.floor(known.length * 0.02)];
    const high = known[Math.floor((known.length - 1) * 0.999)];
    const room = Math.max(1e-3, high - low) * 0.08;
    if (Math.abs(low - this.low) < room && Math.abs(high - this.high) < room) return false;
    this.low = low;
    this.high = Math.max(high, low + 1e-3);
    return true;
  }

  #paintAll() {
    for (let place = 0; place < Math.min(this.count, this.size); place++) this.#paint(place);
  }

  #paint(place) {
    const scale = 255 / (this.high - this.low);
    for (let band = 0; band < this.bands; band++) {
      const level = this.levels[place * this.bands + band];
      this.words[this.bands - 1 - band] = Number.isNaN(level) ? 0 :
        colours[Math.max(0, Math.min(255, Math.round((level - this.low) * scale)))];
    }
    this.pen.putImageData(this.strip, place, 0);
  }

  /** Draws it on a canvas of any size, the newest column at the right edge. */
  draw(pen, width, height) {
    pen.clearRect(0, 0, width, height);
    pen.imageSmoothingEnabled = false;
    const known = Math.min(this.count, this.size);
    const step = width / this.size;
    const first = this.count <= this.size ? 0 : this.count % this.size;
    const older = Math.min(known, this.size - first);
    let x = width - known * step;
    if (older > 0) pen.drawImage(this.store, first, 0, older, this.bands, x, 0, older * step, height);
    x += older * step;
    if (known > older) pen.drawImage(this.store, 0, 0, known - older, this.bands, x, 0, (known - older) * step, height);
  }

  /** The column `age` places before the newest. */
  at(age, band) {
    if (age < 0 || age >= Math.min(this.count, this.size)) return null;
    const place = (this.count - 1 - age) % this.size;
    return { time: this.times[place], level: this.levels[place * this.bands + band] };
  }
}
