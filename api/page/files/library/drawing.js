/** A stretch of an article's text as elements: letter for letter the same, its tables as tables. */

import { el, roomy, valueClass } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { cut } from "../base/text.js";

const CONTENT = new Set(["body", "headline", "subheadline", "question"]);

export const isNoise = ({ kind }) => !CONTENT.has(kind);

/** The text as nodes; `spans` {start, end, name} and `tables` count in its UTF-16 units. What parts cells is hidden, not taken out. */
export function drawn(text, spans, tables) {
  const more = tables.flatMap(({ start, end, rows }, number) => [{ start, end, name: `table ${number}` },
    ...rows.flatMap(({ start: first, end: last, cells }, row) => [{ start: first, end: last, name: `row ${row}` },
      ...cells.filter((cell) => cell.end > cell.start).map((cell, place) => ({ ...cell, name: `cell ${place}` }))])]);
  const nodes = [];
  const pieces = cut(text, [], { marks: true, more: [...spans, ...more] });
  for (let at = 0; at < pieces.length; ) {
    const table = nameOf(pieces[at], "table");
    let end = at + 1;
    while (end < pieces.length && nameOf(pieces[end], "table") === table) end += 1;
    const own = pieces.slice(at, end);
    if (table === null) inline(own, nodes);
    else nodes.push(tableOf(own, tables[table]));
    at = end;
  }
  return nodes;
}

/** The number of the table, row or cell that a piece is in, or null. */
function nameOf({ names }, what) {
  const name = names.find((one) => one.startsWith(`${what} `));
  return name ? Number(name.slice(what.length + 1)) : null;
}

/** A table of spans, so that its text is still the article's; assistive technology hears a table. */
function tableOf(pieces, { rows, number, widths }) {
  const table = el("span", { class: "text-table", role: "table" });
  const made = new Map();
  for (const piece of pieces) {
    const [row, cell] = [nameOf(piece, "row"), nameOf(piece, "cell")];
    if (row === null || cell === null) {
      (made.get(row) ?? table).append(el("span", { hidden: true }, piece.text));
      continue;
    }
    if (!made.has(row)) {
      made.set(row, el("span", { class: "text-row", role: "row" }));
      table.append(made.get(row));
    }
    cellsUpTo(made.get(row), cell, rows[row]).at(-1).append(...inline([piece]));
  }
  for (const [place, row] of made) cellsUpTo(row, rows[place].cells.length - 1, rows[place]);
  if (widths) widen(table, widths);
  return el("span", { class: "text-table-frame", tabindex: "0", role: "region", "aria-label": t("table", { n: number + 1 }) }, table);
}

/** The row's cells up to that one; those without words stand empty. */
function cellsUpTo(row, place, { isHead, cells: all }) {
  const cells = [...row.querySelectorAll(".text-cell")];
  while (cells.length <= place) {
    const { start, end } = all[cells.length];
    cells.push(roomy(el("span", { class: "text-cell", role: isHead ? "columnheader" : "cell" }), { length: end - start }));
    row.append(cells.at(-1));
  }
  return cells;
}

/** Columns as wide as those of the other parts of the same table. */
function widen(table, widths) {
  table.classList.add("part");
  table.style.width = `${widths.reduce((sum, width) => sum + width, 0)}em`;
  const cells = table.querySelector(".text-row").querySelectorAll(".text-cell");
  for (const [place, cell] of cells.entries()) cell.style.width = `${widths[place]}em`;
}

/** Pieces as elements: what is no article is dimmed, and all of the cited stretch is one `mark`. */
function inline(pieces, nodes = []) {
  for (const { text, names } of pieces) {
    const made = wrap(text, names);
    const last = nodes.at(-1);
    if (!names.includes("cited")) nodes.push(...made);
    else if (last?.nodeName === "MARK") last.append(...made);
    else nodes.push(el("mark", { class: "cited" }, made));
  }
  return nodes;
}

function wrap(text, names) {
  if (names.includes("markup") || names.includes("newline")) return [el("span", { class: "sign", hidden: true }, text)];
  if (names.includes("value")) return [el("strong", { class: valueClass(text) }, lines(text))];
  const kind = names.find((name) => name !== "cited" && name !== "bold" && !name.includes(" "));
  if (names.includes("bold") && (!kind || kind === "body")) return [el("strong", {}, lines(text))];
  if (!kind || kind === "body") return lines(text);
  return [el("span", { class: CONTENT.has(kind) ? `kind-${kind}` : "noise", "data-kind": kind }, lines(text))];
}

/** Line ends get an element of their own, with the air of a paragraph; the text stays letter for letter the same. */
function lines(text) {
  return text.split(/(\n+)/).filter(Boolean).map((part) => (part.startsWith("\n") ? el("span", { class: "break" }, part) : part));
}
