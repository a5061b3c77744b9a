// Server-sent events over fetch: unlike the browser's EventSource it can send the token.

import { ask } from "./api.js";
import { pause } from "./timers.js";

/** Milliseconds before a stream is asked for again: after the first fault, and at most. */
const [shortest, longest] = [500, 10000];

/**
 * Follows a stream until it is closed. After a fault it begins again: soon at first, later every ten seconds.
 * @param on called with the name and the value of each event.
 * @param state called with "open", or with why there is none.
 * @returns closes it.
 */
export function follow(address, on, state = () => {}) {
  const end = new AbortController();
  run(address, on, state, end.signal);
  return () => end.abort();
}

async function run(address, on, state, signal) {
  for (let wait = shortest; !signal.aborted; wait = Math.min(longest, wait * 2)) {
    try {
      const answer = await ask(address, { signal, headers: { Accept: "text/event-stream" } });
      if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `status ${answer.status}`);
      state("open");
      wait = shortest;
      await read(answer.body.getReader(), on);
      state("the stream has ended");
    } catch (error) {
      if (signal.aborted) return;
      state(error.message);
    }
    await pause(wait);
  }
}

async function read(reader, on) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const parts = rest.split("\n\n");
    rest = parts.pop();
    for (const part of parts) give(part, on);
  }
}

function give(text, on) {
  let name = "message";
  let data = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5);
  }
  if (!data) return;
  on(name, JSON.parse(data));
}
