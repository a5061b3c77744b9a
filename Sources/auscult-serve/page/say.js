// Tells a screen reader what happened elsewhere than at the focus.

/** Says a text after what is being said. */
export function say(text) {
  const line = document.getElementById("said");
  // The same words again are told again.
  line.textContent = line.textContent === text ? `${text} ` : text;
}
