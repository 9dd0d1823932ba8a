/** Elements made from data. Text goes in as text nodes only; nothing here, or anywhere else, parses markup. */

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  edit: "M4 16l.8-3.6L13.2 4l2.8 2.8-8.4 8.4zM11.5 5.7l2.8 2.8",
  save: "M10 3v9M6.5 8.5L10 12l3.5-3.5M4 13v3h12v-3",
  print: "M6 8V3h8v5M6 14H3V8h14v6h-3M6 12h8v5H6z",
  history: "M10 2.5a7.5 7.5 0 1 0 7.5 7.5M10 6v4.5l3 1.8M17 3v4h-4",
  theme: "M10 2.5a7.5 7.5 0 1 0 0 15zM10 2.5a7.5 7.5 0 0 1 0 15",
  close: "M5 5l10 10M15 5L5 15",
  filter: "M3 6h14M6 10h8M8.5 14h3",
  link: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6M8.5 9v4.5M11.5 9v4.5",
  upload: "M10 13V4M6.5 7.5L10 4l3.5 3.5M4 13v3h12v-3",
  copy: "M7 7V4h9v9h-3M4 7h9v9H4z",
  none: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15M6.5 10h7",
  warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.2v.1",
  done: "M4 10.5l4 4 8-9",
};

/** Give the browser a file to save. */
export function saveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = el("a", { download: name });
  link.href = address;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** An element with attributes (`on` for listeners, false/null left out) and children: nodes, or strings as text. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  const { on = {}, ...rest } = attributes;
  for (const [name, value] of Object.entries(rest)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A line drawing, hidden from screen readers: the words beside it say the same. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  svg.append(path);
  return svg;
}

/** The address as it may stand in a link, or null: http and https only, whatever the article says. */
export function safeUrl(address) {
  if (typeof address !== "string" || !/^https?:\/\//i.test(address)) return null;
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

const SHORT = 12; // letters that fit a line anywhere: a figure and its unit are not parted

/** The class of a marked value. */
export const valueClass = (text) => (text.length > SHORT || text.includes("\n") ? "value" : "value short");

const ROOM = { most: 6, around: 1.4 }; // in em

/** A table's cell that is not squeezed until its words stand on end; the table scrolls instead. */
export function roomy(cell, { length }) {
  cell.style.minWidth = `${Math.min(length, ROOM.most) + ROOM.around}em`;
  return cell;
}

export const byId = (id) => document.getElementById(id);

/** Say it to a screen reader without moving the focus. */
export function announce(text) {
  byId("live").textContent = text;
}

/** Say beside the button what went wrong with it, to everybody; an empty text takes it away. */
export function complain(button, text) {
  const note = button.parentElement?.querySelector(":scope > .complaint") ?? el("span", { class: "error-text small complaint", role: "alert" });
  if (text && !note.isConnected) button.after(note);
  if (!text) note.remove();
  note.textContent = text;
}

/** Storage that may be forbidden (a browser's privacy setting) is as good as empty. */
export function stored(storage, key) {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

/** Keep a value, or drop it where it is null. */
export function store(storage, key, value) {
  try {
    if (value === null) window[storage].removeItem(key);
    else window[storage].setItem(key, value);
  } catch {
    // kept for this page only
  }
}

/** Over plain http in an intranet there is no clipboard object; a selected field can still be copied. */
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const had = document.activeElement;
  const field = el("textarea", { class: "unseen", "aria-hidden": "true" });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  had?.focus({ preventScroll: true });
  return done;
}
