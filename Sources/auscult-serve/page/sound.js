// The picture of a recording, computed in the browser.

import { Spectrogram, recorded } from "./spectrogram.js";
import { Transform } from "./fft.js";
import { pause } from "./timers.js";

const length = 1024;
const mostColumns = 600;

/** A spectrogram of the sound in `bytes`: any format that the browser plays. */
export async function pictureOf(bytes, name, signal) {
  // Decoded at this rate, so that the picture ends at 12 kHz.
  const rate = 24000;
  const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
  const samples = sound.getChannelData(0);
  const hop = Math.max(length / 4, Math.ceil((samples.length - length) / mostColumns));
  const size = Math.max(1, Math.floor((samples.length - length) / hop) + 1);
  const hertz = Array.from({ length: length / 2 }, (_, bin) => bin * rate / length);
  const picture = new Spectrogram({ name, hertz, unit: "dB", size, seconds: hop / rate, ...recorded }, signal);
  const transform = new Transform(length);
  const padded = samples.length < length ? Float32Array.from({ length }, (_, index) => samples[index] ?? 0) : samples;
  for (let column = 0; column < size; column++) {
    picture.add(transform.levels(padded, column * hop), column * hop / rate);
    // Keeps the page answering.
    if (column % 100 === 99) await pause(0);
  }
  return picture.element;
}
