/** Rows of tables in the notations that people type, and the names of their columns, for a row that is cited. */

import { lengthOf, toUnits } from "../base/text.js";

const RULE = /^[\s|+:=\-–—―─━┄┈═╌┌┬┐├┼┤└┴┘│┃*_.]{3,}$/;
const PIPES = /[|│┃｜]/g;
const WIDE = /\t+|[ \u00a0\u3000]{2,}/g;
const COMMAS = /,(?=(?:[^"]*"[^"]*")*[^"]*$)/g;
const SENTENCE = /[가-힣][다요까죠]\.\s*$/;
const FARTHEST = 200; // lines above a row, for its table's head
const SHOWN = 80; // characters of a line in a citation's context

const squeezed = (text) => text.split(/\s+/).filter(Boolean).join(" ");

/** How a line separates its cells where nothing else is separated so: a bar or a tab; "" where neither. */
function barred(line) {
  const pipes = line.match(PIPES)?.length ?? 0;
  if (pipes >= 2 || (pipes === 1 && line.includes(" | "))) return "|";
  return line.trim().includes("\t") ? "\t" : "";
}

/** How a line separates its cells, "" where it is no row; what blanks and commas part may be words, too. */
function notation(line) {
  if (barred(line)) return barred(line);
  const inner = line.trim();
  if (inner.search(WIDE) >= 0 && !SENTENCE.test(inner)) return " ";
  return (inner.match(COMMAS)?.length ?? 0) >= 2 && !inner.includes(", ") && !SENTENCE.test(inner) ? "," : "";
}

/** The line's cells as {start, end}, in UTF-16 units of the line, without blanks around them. */
function cellsOf(line, how) {
  const pattern = { "|": PIPES, "\t": /\t/g, " ": WIDE, ",": COMMAS }[how];
  const bounds = [...line.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length]);
  const starts = [0, ...bounds.map(([, end]) => end)];
  const ends = [...bounds.map(([start]) => start), line.length];
  let cells = starts.map((start, place) => {
    const inner = line.slice(start, ends[place]);
    const from = start + inner.length - inner.trimStart().length;
    return { start: from, end: Math.max(from, start + inner.trimEnd().length) };
  });
  const outer = line.trim();
  if (how === "|" && /^[|│┃｜]/.test(outer)) cells = cells.slice(1);
  if (how === "|" && /[|│┃｜]$/.test(outer)) cells = cells.slice(0, -1);
  return how === " " ? cells.filter(({ start, end }) => end > start) : cells;
}

/**
 * The table row that a citation is, with the rows that name its columns, from its article's text:
 * {heads: [[name]], cells: [{text, start}]}, `start` in code points of the article; null where it is no row.
 */
export function rowOf(text, citation) {
  if (!("row" in (citation.locator ?? {}))) return null;
  const units = toUnits(text);
  const [start, end] = [units(citation.start), units(citation.end)];
  const first = text.lastIndexOf("\n", start - 1) + 1;
  const stop = text.indexOf("\n", start);
  const last = stop < 0 ? text.length : stop;
  const line = text.slice(first, last);
  const how = notation(line);
  if (!how || end > last) return null;
  const lineStart = citation.start - lengthOf(text.slice(first, start));
  const cells = cellsOf(line, how).map((cell) => ({
    text: line.slice(cell.start, cell.end), start: lineStart + lengthOf(line.slice(0, cell.start)),
  }));
  return cells.length < 2 ? null : { heads: headsOf(text, first, how, citation.context ?? []), cells };
}

/**
 * The tables of a text, two rows or more of as many cells each: [{start, end, rows: [{start, end, isHead, cells: [{start, end}]}]}],
 * all in UTF-16 units; rules are no rows.
 */
export function tablesOf(text) {
  const found = [];
  let open = null;
  const close = () => {
    if (open?.rows.length > 1) found.push(open);
    open = null;
  };
  let at = 0;
  for (const line of text.split("\n")) {
    const end = at + line.length;
    const how = barred(line);
    const cells = how && !RULE.test(line) ? cellsOf(line, how) : [];
    if (open && RULE.test(line) && how !== "\t") {
      if (open.rows.length === 1) open.rows[0].isHead = true;
    } else if (cells.length < 2) {
      close();
    } else {
      if (open && (open.how !== how || open.rows[0].cells.length !== cells.length)) close();
      open ??= { start: at, how, rows: [] };
      open.end = end;
      open.rows.push({ start: at, end, isHead: false, cells: cells.map((cell) => ({ start: at + cell.start, end: at + cell.end })) });
    }
    at = end + 1;
  }
  close();
  return found;
}

/** The nearest lines that end before a line's beginning, the last first. */
function* linesAbove(text, before) {
  for (let end = before - 1, number = 0; end >= 0 && number < FARTHEST; number += 1) {
    const start = text.lastIndexOf("\n", end - 1) + 1;
    yield text.slice(start, end);
    end = start - 1;
  }
}

/** The lines above that the context names, as cells. */
function headsOf(text, before, how, context) {
  const heads = [];
  for (const line of linesAbove(text, before)) {
    if (!line.trim() || RULE.test(line)) continue;
    if (notation(line) !== how) break;
    if (context.includes(squeezed(line).slice(0, SHOWN))) {
      heads.unshift(cellsOf(line, how).map((cell) => line.slice(cell.start, cell.end)));
    }
  }
  return heads;
}

/** Whether an entry of a citation's context is a row of column names, which the table shows. */
export const isColumns = (entry, row) => row?.heads.some((head) => head.filter(Boolean).every((name) => entry.includes(squeezed(name)))) ?? false;
