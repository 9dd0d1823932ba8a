/** An article's text in stretches: those near the window are drawn, the others wait as plain text, where they can be found and copied. */

import { tablesOf } from "../answer/tables.js";
import { el } from "../base/dom.js";
import { languageOf } from "../base/i18n.js";
import { toUnits } from "../base/text.js";
import { drawn } from "./drawing.js";

const LONG = 12_000; // UTF-16 units; an article of fewer is one stretch
const NEAR = "200%"; // of the window's height
const LINE = { letters: 32, tall: 1.85, gap: 0.52 }; // about, in em: what has not been drawn has a height all the same
const CELL = { least: 4, most: 20, padding: 1.4 }; // in em
const waiting = new Map(); // a stretch that is not drawn: what draws it
const nearing = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) draw(target);
}, { rootMargin: NEAR, scrollMargin: NEAR });

window.addEventListener("beforeprint", () => {
  for (const stretch of [...waiting.keys()].filter((one) => one.checkVisibility())) draw(stretch);
});

/** The text with `spans` ({start, end, name}, in code points), nothing of it drawn yet. There is one at a time. */
export function textOf(text, spans) {
  nearing.disconnect();
  waiting.clear();
  const units = toUnits(text);
  const all = spans.map(({ start, end, name }) => ({ start: units(start), end: units(end), name }));
  const tables = tablesOf(text).flatMap(inParts);
  const places = placesOf(text, tables);
  return el("div", { class: "article-text", lang: languageOf(text) }, places.map(([start, end]) => {
    const words = text.slice(start, end);
    const stretch = el("div", { class: places.length > 1 ? "stretch far" : "stretch", "data-start": start }, words);
    stretch.style.containIntrinsicBlockSize = `auto ${heightOf(words)}em`;
    waiting.set(stretch, () => drawn(words, within(all, start, end), within(tables, start, end).map((table) => moved(table, -start))));
    nearing.observe(stretch);
    return stretch;
  }));
}

/** Draw the stretch that holds a place (in UTF-16 units) and those beside it; returns it. */
export function drawNear(root, place) {
  const held = [...root.children].findLast((stretch) => Number(stretch.dataset.start) <= place);
  for (const stretch of [held?.previousElementSibling, held, held?.nextElementSibling]) if (stretch) draw(stretch);
  return held;
}

function draw(stretch) {
  const make = waiting.get(stretch);
  if (!make) return;
  waiting.delete(stretch);
  nearing.unobserve(stretch);
  fill(stretch, make());
}

/** Put the nodes there; a selection that begins or ends in the same text, as of what was found, does so still. */
function fill(stretch, nodes) {
  const selection = getSelection();
  const ends = [[selection.anchorNode, selection.anchorOffset], [selection.focusNode, selection.focusOffset]];
  const offsets = ends.map(([node, offset]) => {
    if (!stretch.contains(node)) return null;
    return node === stretch && offset ? stretch.textContent.length : offset;
  });
  stretch.replaceChildren(...nodes);
  if (offsets.every((offset) => offset === null)) return;
  const [anchor, focus] = ends.map((end, place) => (offsets[place] === null ? end : pointIn(stretch, offsets[place])));
  selection.setBaseAndExtent(...anchor, ...focus);
}

/** Where so many UTF-16 units of an element's text are over, as [node, offset]. */
function pointIn(element, offset) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = offset;
  while (walker.nextNode()) {
    if (left <= walker.currentNode.length) return [walker.currentNode, left];
    left -= walker.currentNode.length;
  }
  return [element, element.childNodes.length];
}

/** Where each stretch begins and ends: at the end of a line, and of a table's part. */
function placesOf(text, tables) {
  const places = [];
  for (let start = 0, next = 0; start < text.length; start = places.at(-1)[1]) {
    let end = afterLine(text, start + LONG);
    while (next < tables.length && tables[next].end <= end) next += 1;
    if (tables[next]?.start < end) end = afterLine(text, tables[next].end);
    places.push([start, end]);
  }
  return places;
}

/** The end of the line that a place is in, or the place itself where a line has just ended. */
function afterLine(text, place) {
  if (place >= text.length || text[place - 1] === "\n") return Math.min(place, text.length);
  const end = text.indexOf("\n", place);
  return end < 0 ? text.length : end + 1;
}

/** A table too long for one stretch as several of the same columns. */
function inParts(table, number) {
  if (table.end - table.start <= LONG) return [{ ...table, number }];
  const widths = widthsOf(table);
  const parts = [];
  for (const row of table.rows) {
    if (!parts.length || row.end - parts.at(-1)[0].start > LONG) parts.push([]);
    parts.at(-1).push(row);
  }
  return parts.map((rows, place) => ({ start: rows[0].start, end: parts[place + 1]?.[0].start ?? table.end, rows, number, widths }));
}

/** How wide each column is, in em, by its longest cell: a Korean letter is about one wide. */
function widthsOf({ rows }) {
  return rows[0].cells.map((_, place) => {
    const longest = rows.reduce((most, { cells }) => Math.max(most, cells[place].end - cells[place].start), 0);
    return Math.min(CELL.most, Math.max(CELL.least, longest)) + CELL.padding;
  });
}

/** The spans or tables that meet [start, end); spans are counted from its start and cut at its edges. */
const within = (all, start, end) => all.filter((one) => one.start < end && start < one.end)
  .map((one) => (one.rows ? one : { ...one, start: Math.max(one.start, start) - start, end: Math.min(one.end, end) - start }));

/** A table that begins elsewhere. */
function moved(table, by) {
  const shift = (one) => ({ ...one, start: one.start + by, end: one.end + by });
  return { ...shift(table), rows: table.rows.map((row) => ({ ...shift(row), cells: row.cells.map(shift) })) };
}

function heightOf(text) {
  return Math.round(text.split("\n").reduce((sum, line) => sum + LINE.tall * Math.ceil(line.length / LINE.letters) + LINE.gap, 0));
}
