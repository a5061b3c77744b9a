// Dialogs: the browser's own, which keeps the focus inside, closes by Escape and gives the focus back.

import { h } from "./dom.js";

let number = 0;

/**
 * Opens a dialog.
 * @param closed called once when it closes, however that happens.
 * @returns closes it.
 */
export function openDialog(title, content, closed = () => {}) {
  const id = `dialog-${++number}`;
  const dialog = h("dialog", { "aria-labelledby": id }, h("h2", { id }, title), content);
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
  return () => dialog.close();
}
