/** Offsets of the API count Unicode code points, JavaScript's strings count UTF-16 units; here is the way between. */

const ASTRAL = /[\ud800-\udbff]/;

/** A function from an offset in code points to one in UTF-16 units of `text`; past either end is that end. */
export function toUnits(text) {
  if (!ASTRAL.test(text)) return (offset) => Math.min(Math.max(offset, 0), text.length);
  const units = [];
  let unit = 0;
  for (const character of text) {
    units.push(unit);
    unit += character.length;
  }
  units.push(unit);
  return (offset) => units[Math.min(Math.max(offset, 0), units.length - 1)];
}

/**
 * `text` cut at the edges of `spans` ({start, end, name}, in code points): pieces {text, names} that join to `text`.
 * Spans may overlap; a piece bears the names of all that cover it.
 */
export function cut(text, spans) {
  const units = toUnits(text);
  const edges = new Map([[0, []], [text.length, []]]);
  for (const { start, end, name } of spans) {
    const [first, last] = [units(start), units(end)];
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
    for (const [name, step] of edges.get(place)) open.set(name, (open.get(name) ?? 0) + step);
    const names = [...open.keys()].filter((name) => open.get(name) > 0);
    pieces.push({ text: text.slice(place, places[number + 1]), names });
  }
  return pieces;
}

/** The citation's highlights as spans of its quote. */
export function valueSpans(citation) {
  return (citation.highlights ?? []).map(({ start, end }) => ({
    start: start - citation.start, end: end - citation.start, name: "value",
  }));
}

/** How many code points. */
export function lengthOf(text) {
  return ASTRAL.test(text) ? [...text].length : text.length;
}
