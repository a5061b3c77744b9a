// Makes elements. Text from outside becomes text nodes and attributes only, never markup.

const svgSpace = "http://www.w3.org/2000/svg";

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter(child => child != null && child !== false).map(child =>
    child instanceof Node ? child : String(child)));
  return made;
}

/** An HTML element: `h("p", { class: "quiet", onclick: act }, "text", child)`. */
export const h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);

/** An SVG element. */
export const svg = (name, attributes, ...children) =>
  fill(document.createElementNS(svgSpace, name), attributes, children);

/** Changes a text only where it differs, so that a screen reader does not say it again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Replaces what is in `parent`; the focus stays on the element with the same `data-key`. */
export function replace(parent, ...children) {
  const active = parent.contains(document.activeElement) ? document.activeElement.dataset?.key : null;
  parent.replaceChildren(...children.flat().filter(Boolean));
  if (active == null) return;
  for (const child of parent.querySelectorAll("[data-key]")) {
    if (child.dataset.key === active) return child.focus({ preventScroll: true });
  }
}

/**
 * Keeps one child of `parent` for each item, in the order of `items`: what stays is changed, not made again, so that
 * the focus and a player that plays are left alone.
 */
export function keep(parent, items, key, make, update = () => {}) {
  const old = new Map([...parent.children].map(child => [child.dataset.item, child]));
  const wanted = new Set(items.map(key));
  // These go first: a player that stays and is moved would stop.
  for (const [id, child] of old) if (!wanted.has(id)) child.remove();
  let place = parent.firstElementChild;
  for (const item of items) {
    const id = key(item);
    let child = old.get(id);
    if (!child) {
      child = make(item);
      child.dataset.item = id;
    }
    update(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
}

/** A button. */
export const button = (text, act, attributes) => h("button", { type: "button", onclick: act, ...attributes }, text);

/** A field with its label. */
export function field(label, control, attributes) {
  return h("label", attributes, h("span", {}, label), control);
}
