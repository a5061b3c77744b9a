// A small Fourier transform, for the pictures of clips.

/** Spectra of Hann windows; the length is a power of two. */
export class Transform {
  constructor(length) {
    this.length = length;
    this.window = Float32Array.from({ length }, (_, index) => 0.5 - 0.5 * Math.cos(2 * Math.PI * index / length));
    this.cosine = Float64Array.from({ length: length / 2 }, (_, index) => Math.cos(2 * Math.PI * index / length));
    this.sine = Float64Array.from({ length: length / 2 }, (_, index) => -Math.sin(2 * Math.PI * index / length));
    this.real = new Float64Array(length);
    this.imaginary = new Float64Array(length);
  }

  /** The level of each bin in dB, from `begin` on: a sine of full scale has 0 dB. */
  levels(samples, begin) {
    const { length, real, imaginary } = this;
    const bits = Math.log2(length);
    for (let index = 0; index < length; index++) {
      let reverse = 0;
      for (let bit = 0; bit < bits; bit++) reverse |= (index >> bit & 1) << bits - 1 - bit;
      real[reverse] = samples[begin + index] * this.window[index];
      imaginary[reverse] = 0;
    }
    for (let size = 2; size <= length; size *= 2) this.#stage(size);
    const levels = new Float32Array(length / 2);
    // The window's mean is a half, and so is the share of a sine in its positive frequency.
    const scale = 16 / length ** 2;
    for (let bin = 0; bin < levels.length; bin++) {
      levels[bin] = 10 * Math.log10((real[bin] ** 2 + imaginary[bin] ** 2) * scale + 1e-12);
    }
    return levels;
  }

  #stage(size) {
    const { length, real, imaginary } = this;
    const half = size / 2;
    const step = length / size;
    for (let begin = 0; begin < length; begin += size) {
      for (let index = 0; index < half; index++) {
        const [low, high] = [begin + index, begin + index + half];
        const [c, s] = [this.cosine[index * step], this.sine[index * step]];
        const re = real[high] * c - imaginary[high] * s;
        const im = real[high] * s + imaginary[high] * c;
        real[high] = real[low] - re;
        imaginary[high] = imaginary[low] - im;
        real[low] += re;
        imaginary[low] += im;
      }
    }
  }
}
