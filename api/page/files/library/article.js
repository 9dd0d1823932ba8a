/** One article beside the answer: its own text, unaltered, the cited sentence marked by its offsets. */

import { metaOf } from "../answer/finding.js";
import { originalButton } from "../answer/original.js";
import { tablesOf } from "../answer/tables.js";
import { byId, el, icon } from "../base/dom.js";
import { languageOf, t } from "../base/i18n.js";
import { cut } from "../base/text.js";
import { article as fetched } from "../service/articles.js";
import { sentenceButton } from "./gold.js";

const CONTENT = new Set(["body", "headline", "subheadline", "question"]);
let shown = null; // the article in the pane
let wanted = null; // the last that was asked for
let drawnAs = ""; // the article and the stretch of it that were drawn last
let drawnOf = ""; // and what was known of them

/**
 * Show `article` (an id) with `span` ({start, end} in code points, or null) and `values` marked in it. Where that is
 * shown already, `again` draws it anew and leaves the reader where he is.
 */
export async function showArticle(article, span, values, close, { again = false } = {}) {
  const own = (wanted = {});
  const place = JSON.stringify([article, span]);
  open();
  try {
    if (shown?.id !== article) fill([head(null, close), el("p", { class: "pane-note muted" }, t("loading"))]);
    const found = await fetched(article);
    if (wanted !== own) return;
    shown = found;
    const stay = again && place === drawnAs;
    const content = JSON.stringify([found, values]);
    if (stay && content === drawnOf) return;
    draw(shown, span, values, close, { stay });
    [drawnAs, drawnOf] = [place, content];
  } catch (error) {
    if (wanted !== own) return;
    shown = null;
    fill([head(null, close), el("div", { class: "pane-note", role: "alert" }, el("p", { class: "error-text" }, error.title), el("p", {}, error.detail))]);
  }
}

export function hideArticle() {
  wanted = null;
  drawnAs = "";
  byId("article").hidden = true;
  byId("columns").classList.remove("two");
}

/** Whether the pane shows this article (it was deleted, perhaps). */
export const isShown = (article) => !byId("article").hidden && shown?.id === article;

function open() {
  byId("article").hidden = false;
  byId("columns").classList.add("two");
}

function fill(children) {
  drawnAs = ""; // what was drawn is gone
  byId("article").replaceChildren(...children);
}

function draw(article, span, values, close, { stay }) {
  const top = byId("article").querySelector(".pane-scroll")?.scrollTop ?? 0;
  const isWithin = byId("article").contains(document.activeElement);
  const spans = [
    ...article.spans.map(({ start, end, kind }) => ({ start, end, name: kind })),
    ...(span ? [{ ...span, name: "cited" }] : []),
    ...values.map((value) => ({ ...value, name: "value" })),
  ];
  const text = el("div", { class: "article-text", lang: languageOf(article.text) }, ...drawn(article.text, spans));
  const noise = article.spans.some(({ kind }) => !CONTENT.has(kind));
  fill([
    head(article, close, sentenceButton(article, text)),
    el("div", { class: "pane-scroll", tabindex: "0", role: "region", "aria-label": t("article_text") },
      noise ? el("p", { class: "small muted legend" }, t("noise_note")) : null, text),
  ]);
  if (!stay || isWithin) byId("article-title").focus({ preventScroll: true });
  if (stay) byId("article").querySelector(".pane-scroll").scrollTop = top;
  else reveal(text.querySelector("mark.cited"));
}

function head(article, close, tool = null) {
  const back = el("button", { type: "button", class: "icon-button", "aria-label": t("close_article"), on: { click: close } }, icon("close"));
  return el("header", { class: "pane-head" },
    el("div", {},
      el("h2", { id: "article-title", tabindex: "-1", lang: languageOf(article?.title ?? "") }, article ? article.title || article.id : t("article")),
      article ? el("p", { class: "meta" }, ...metaOf(article)) : null,
      article ? originalButton(article) : null,
      tool),
    back);
}

/** Line ends get an element of their own, with the air of a paragraph; the text stays letter for letter the same. */
function lines(text) {
  return text.split(/(\n+)/).filter(Boolean).map((part) => (part.startsWith("\n") ? el("span", { class: "break" }, part) : part));
}

/** The text as elements, its tables as tables: what parts their cells is hidden, not taken out. */
function drawn(text, spans) {
  const tables = tablesOf(text);
  const more = tables.flatMap(({ start, end, rows }, number) => [{ start, end, name: `table ${number}` },
    ...rows.flatMap(({ start: first, end: last, cells }, row) => [{ start: first, end: last, name: `row ${row}` },
      ...cells.filter((cell) => cell.end > cell.start).map((cell, place) => ({ ...cell, name: `cell ${place}` }))])]);
  const nodes = [];
  const pieces = cut(text, spans, { marks: true, more });
  for (let at = 0; at < pieces.length; ) {
    const table = nameOf(pieces[at], "table");
    let end = at + 1;
    while (end < pieces.length && nameOf(pieces[end], "table") === table) end += 1;
    const own = pieces.slice(at, end);
    if (table === null) inline(own, nodes);
    else nodes.push(tableOf(own, tables[table], table + 1));
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
function tableOf(pieces, { rows }, number) {
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
  for (const [number, row] of made) cellsUpTo(row, rows[number].cells.length - 1, rows[number]);
  return el("span", { class: "text-table-frame", tabindex: "0", role: "region", "aria-label": t("table", { n: number }) }, table);
}

/** The row's cells up to that one; those without words stand empty. */
function cellsUpTo(row, place, { isHead }) {
  const cells = [...row.querySelectorAll(".text-cell")];
  while (cells.length <= place) {
    cells.push(el("span", { class: "text-cell", role: isHead ? "columnheader" : "cell" }));
    row.append(cells.at(-1));
  }
  return cells;
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
  if (names.includes("value")) return [el("strong", { class: "value" }, lines(text))];
  const kind = names.find((name) => name !== "cited" && name !== "bold" && !name.includes(" "));
  if (names.includes("bold") && (!kind || kind === "body")) return [el("strong", {}, lines(text))];
  if (!kind || kind === "body") return lines(text);
  return [el("span", { class: CONTENT.has(kind) ? `kind-${kind}` : "noise", "data-kind": kind }, lines(text))];
}

/** Bring the cited sentence to the middle: of the pane where that scrolls, of the window where it does not. */
function reveal(mark) {
  const pane = byId("article").querySelector(".pane-scroll");
  const own = getComputedStyle(pane).overflowY !== "visible";
  if (!own) {
    (mark ?? byId("article")).scrollIntoView({ block: mark ? "center" : "start" });
    return;
  }
  const place = mark ? mark.getBoundingClientRect().top - pane.getBoundingClientRect().top + pane.scrollTop : 0;
  const height = mark ? mark.getBoundingClientRect().height : 0;
  pane.scrollTo({ top: Math.max(0, place - Math.max(24, (pane.clientHeight - height) / 2)) });
}
