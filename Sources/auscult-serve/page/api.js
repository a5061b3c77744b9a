// What the server is asked. Every answer is JSON; a refusal becomes an `Error` with the server's own words.

import { askForToken, forgetToken, knownToken } from "./token.js";

/** Whether this server needs the token also for reading, as it does on an address that is not loopback. */
export let readsNeedToken = false;

/** The address of a part of the API, from names of any text. */
export const path = (...parts) => "/api/v1/" + parts.map(encodeURIComponent).join("/");

/** A query of an address; parameters without a value are left out. */
export const query = parameters => {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== "");
  return given.length ? "?" + given.map(pair => pair.map(encodeURIComponent).join("=")).join("&") : "";
};

/** A request with the token, if there is one. It asks for the token when the server wants it. */
export async function ask(address, options = {}) {
  const isChange = options.method === "POST";
  if (isChange && !knownToken()) await askForToken();
  for (;;) {
    const token = knownToken();
    const isSent = token && (isChange || readsNeedToken);
    const headers = { ...options.headers, ...(isSent ? { Authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(address, { ...options, headers });
    if (answer.status !== 401) return answer;
    if (!isChange) readsNeedToken = true;
    if (isSent && knownToken() === token) forgetToken();
    if (!knownToken()) await askForToken(isSent ? "The server does not know this token." : null, !isChange);
  }
}

async function json(answer) {
  const text = await answer.text();
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`the server answered ${answer.status} without JSON`);
  }
  if (!answer.ok) throw new Error(value.error ?? `the server answered ${answer.status}`);
  return value;
}

/** What is read at an address. */
export const get = async (address, options) => json(await ask(address, options));

/** The bytes of a file. */
export async function getBytes(address, options) {
  const answer = await ask(address, options);
  return answer.ok ? answer.arrayBuffer() : json(answer);
}

/** The answer to a change. */
export const post = async (address, body = {}) => json(await ask(address, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
}));
