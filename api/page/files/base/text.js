/** Offsets of the API count Unicode code points, JavaScript's strings count UTF-16 units; here is the way between. */

const ASTRAL = /[\ud800-\udbff][\udc00-\udfff]/g;

/** A function from an offset in code points to one in UTF-16 units of `text`; past either end is that end. */
export function toUnits(text) {
  const pairs = Array.from(text.matchAll(ASTRAL), ({ index }, place) => index - place); // in code points
  return (offset) => Math.min(Math.max(offset, 0) + fewerThan(pairs, offset), text.length);
}

/** How many of the ascending numbers are less than `limit`. */
function fewerThan(numbers, limit) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * `text` cut at the edges of `spans` ({start, end, name}, in code points): pieces {text, names} that join to `text`.
 * Spans may overlap; a piece bears the names of all that cover it. With `marks`, Markdown's own signs are pieces named
 * "markup", what they make bold is named "bold", and a written line break "newline": for display, nothing is taken out.
 * `more` are spans in UTF-16 units.
 */
export function cut(text, spans, { marks = false, more = [] } = {}) {
  const units = toUnits(text);
  const edges = new Map([[0, []], [text.length, []]]);
  const all = [...spans.map(({ start, end, name }) => ({ start: units(start), end: units(end), name })), ...more, ...(marks ? markup(text) : [])];
  for (const { start: first, end: last, name } of all) {
    if (first >= last) continue;
    for (const [place, step] of [[first, 1], [last, -1]]) {
      if (!edges.has(place)) edges.set(place, []);
      edges.get(place).push([name, step]);
    }
  }
  const places = [...edges.keys()].sort((one, other) => one - other);
  const open = new Map();
  const pieces = [];
  for (const [number, place] of places.slice(0, -1).entries()) {
    for (const [name, step] of edges.get(place)) {
      const deep = (open.get(name) ?? 0) + step;
      if (deep) open.set(name, deep);
      else open.delete(name); // a long table has a name for each row
    }
    pieces.push({ text: text.slice(place, places[number + 1]), names: [...open.keys()] });
  }
  return pieces;
}

const LINE_SIGNS = /^[ \t]*(?:#{1,6}[ \t]+|>[ \t]+|\|[ \t:|-]*-{3}[ \t:|-]*$\n?)/gm;
const PAIRS = [/(\*\*)(?=\S)([^\n]*?\S)(\*\*)/g, /(__)(?=[^\s_])([^\n_]*[^\s_])(__)/g, /(`)([^`\n]+)(`)/g];
const LINKS = /(!?\[)([^\]\n]+)(\]\((?:https?:|mailto:|[/#.])[^)\s]*\))/g;
const EMPTY_PICTURES = /!\[\]\([^)\s]*\)/g;
const LONE_CELLS = /^([ \t]*\|[ \t]+)?([^|\n]*[^|\s])([ \t]*\|[ \t]*)?$/gm; // | 사진 설명 |: a row of one cell is a line
const ESCAPES = /\\(?=[*_#|`[\]~<>])/g;
const BREAKS = /<br\s*\/?>/gi;

/** Where Markdown's signs stand in the text, in UTF-16 units. A lone asterisk is none: notices begin notes with it. */
function markup(text) {
  const found = [];
  const add = (name, start, length) => found.push({ name, start, end: start + length });
  for (const pattern of [LINE_SIGNS, EMPTY_PICTURES]) {
    for (const match of text.matchAll(pattern)) add("markup", match.index, match[0].length);
  }
  for (const { index, 1: before = "", 2: inner, 3: after = "" } of text.matchAll(LONE_CELLS)) {
    add("markup", index, before.length);
    add("markup", index + before.length + inner.length, after.length);
  }
  for (const match of text.matchAll(ESCAPES)) add("markup", match.index, 1);
  for (const match of text.matchAll(BREAKS)) add("newline", match.index, match[0].length);
  for (const pattern of [...PAIRS, LINKS]) {
    for (const { index, 1: before, 2: inner, 3: after } of text.matchAll(pattern)) {
      add("markup", index, before.length);
      if (before === "**" || before === "__") add("bold", index + before.length, inner.length);
      add("markup", index + before.length + inner.length, after.length);
    }
  }
  return found;
}

/** The text as it is read: without Markdown's signs. */
export function plain(text) {
  return cut(text, [], { marks: true }).map(({ text: piece, names }) =>
    names.includes("markup") ? "" : names.includes("newline") ? " " : piece).join("");
}

/** The citation's highlights as spans of its quote. */
export function valueSpans(citation) {
  return (citation.highlights ?? []).map(({ start, end }) => ({
    start: start - citation.start, end: end - citation.start, name: "value",
  }));
}

/** The citation's highlights as spans of a cell ({start} in code points of the article). */
export function valuesIn(cell, { highlights = [] }) {
  return highlights.map(({ start, end }) => ({ start: start - cell.start, end: end - cell.start, name: "value" }));
}

/** What went wrong and what to do about it, in a line. */
export const problemText = ({ title, detail }) => [title, detail].filter(Boolean).join(". ");

/** How many code points. */
export function lengthOf(text) {
  return text.length - (text.match(ASTRAL)?.length ?? 0);
}
