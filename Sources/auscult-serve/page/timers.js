// Waiting, and actions that are repeated or put off.

export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** Does it every so many milliseconds, until `signal`. */
export function every(milliseconds, act, signal) {
  const timer = setInterval(act, milliseconds);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** An action for many events: each call within these milliseconds counts as one. Nothing is done after `signal`. */
export function collected(milliseconds, act, signal) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      if (!signal.aborted) act();
    }, milliseconds);
  };
}
