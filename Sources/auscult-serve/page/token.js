// The secret that a change needs. It is asked for once, and kept as long as this tab.

import { button, field, h } from "./dom.js";
import { openDialog } from "./dialog.js";

const name = "auscult-token";
let asking;
let isRefused = false;

export const knownToken = () => sessionStorage.getItem(name);
export const forgetToken = () => sessionStorage.removeItem(name);

/**
 * Asks until there is one; several that ask at once share one dialog. Rejects when it is refused.
 * @param problem why the last token was refused; null: none was given.
 * @param forReading the page asks by itself: after a refusal it does not ask again.
 */
export async function askForToken(problem, forReading = false) {
  if (forReading && isRefused) throw new Error("reading needs the token; load the page again to give it");
  asking ??= show(problem).finally(() => { asking = undefined; });
  try {
    await asking;
  } catch (error) {
    isRefused ||= forReading;
    throw error;
  }
}

function show(problem) {
  return new Promise((give, refuse) => {
    const entry = h("input",
      { type: "password", autocomplete: "off", required: true, spellcheck: "false", id: "token" });
    const close = openDialog("The server's token", [
      h("form", { onsubmit: event => {
        event.preventDefault();
        const text = entry.value.trim();
        if (!text) return;
        sessionStorage.setItem(name, text);
        give();
        close();
      } },
      problem && h("p", { class: "problem", role: "alert" }, problem),
      h("p", {}, "This server needs its token. `auscult serve` prints the file that contains it, such as ",
        h("code", {}, "serve.token"), "."),
      field("Token", entry),
      h("p", { class: "row" }, h("button", { type: "submit" }, "Continue"), button("Cancel", () => close()))),
    ], () => refuse(new Error("this needs the token")));
    entry.focus();
  });
}
