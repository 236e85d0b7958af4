// Elements made in one line.

/** An element of `tag` with properties (`class`, `text`, any attribute, `on...` listeners) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Writes text only where it differs: what has not changed is not read out or laid out again. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
