// The sound of a clip: a player and a link. Neither can send the token: where reading needs it, the page fetches the
// sound first.

import { getBytes, readsNeedToken } from "./api.js";
import { button, h, setText } from "./dom.js";

/** A player, or a button that fetches the sound and becomes one. */
export function player(address, name, signal) {
  const made = h("audio", { controls: true, preload: "none", "aria-label": name });
  if (!readsNeedToken) {
    made.src = address;
    return made;
  }
  return fetching("Load the sound", address, signal, (load, sound) => {
    made.src = sound;
    load.replaceWith(made);
  });
}

/** What saves the sound in a file. */
export function download(address, file, signal) {
  if (!readsNeedToken) return h("a", { href: address, download: file }, "Download");
  return fetching("Download", address, signal, (_, sound) => h("a", { href: sound, download: file }).click());
}

/** A button that fetches a sound, and gives its address within the page to `done`. */
function fetching(text, address, signal, done) {
  const load = button(text, async () => {
    load.disabled = true;
    try {
      const sound = URL.createObjectURL(new Blob([await getBytes(address, { signal })]));
      signal.addEventListener("abort", () => URL.revokeObjectURL(sound));
      setText(load, text);
      done(load, sound);
    } catch (error) {
      setText(load, `${text} again; the last time: ${error.message}`);
    }
    load.disabled = false;
  });
  return load;
}
