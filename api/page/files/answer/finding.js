/** One cited sentence as it is read: where it stands, its words or its table row, whose it is and of when. */

import { copyText, el, icon, roomy, safeUrl, valueClass } from "../base/dom.js";
import { languageOf, showDate, t } from "../base/i18n.js";
import { cut, plain, toUnits, valuesIn, valueSpans } from "../base/text.js";
import { article } from "../service/articles.js";
import { around } from "./around.js";
import { originalButton } from "./original.js";
import { isColumns, rowOf } from "./tables.js";

export const placeOf = ({ article_id: id, start, end }) => ({ article: id, at: `${start}-${end}` });
export const atOf = ({ article_id: id, start, end }) => `${id}\n${start}-${end}`;

/** The text with its values marked and Markdown's signs resolved. */
export function marked(text, spans = []) {
  return cut(text, spans, { marks: true }).filter(({ names }) => !names.includes("markup")).map(({ text: piece, names }) => {
    if (names.includes("newline")) return el("br");
    if (names.includes("value")) return el("mark", { class: valueClass(piece) }, piece);
    return names.includes("bold") ? el("strong", {}, piece) : piece;
  });
}

/** "3쪽", "예산!B2", "표 4, 2행". */
function inFile({ page, sheet, cell, table, row }) {
  return [
    page && t("locator_page", { value: page }),
    sheet && (cell ? `${sheet}!${cell}` : t("locator_sheet", { value: sheet })),
    Number.isInteger(row) && (table ? t("locator_table_row", { table, row }) : t("locator_row", { row })),
  ];
}

/** The lines a quote stands under, outermost first, and its clause or label, as one reads them. */
export function pathOf({ context = [], locator = {}, title }, row = null) {
  const under = context.filter((entry) => !isColumns(entry, row)).map((entry) => plain(entry).trim()).filter((entry) => entry && entry !== title);
  const located = [locator.clause, ...inFile(locator)];
  return { under, located: located.filter(Boolean).map(String) };
}

/** "3. 접수마감, 제3조제2항", or "". */
export function pathText(citation, row = null) {
  const { under, located } = pathOf(citation, row);
  return [under.join(" › "), ...located].filter(Boolean).join(", ");
}

/** The button for keyboards and screen readers; its click is its card's. */
export function opener(found) {
  return el("button", { type: "button", class: "opener", lang: languageOf(found.title) }, found.title || found.article_id);
}

/** A click anywhere on a card opens it, but not one on a link or another button, nor the end of selecting text. */
export function onCard(found, open) {
  return (event) => {
    const selecting = !event.target.closest("button") && String(getSelection());
    if (!event.target.closest("a, .tools") && !selecting) open(placeOf(found));
  };
}

/** Outlet, date, and the original where it may be linked to. */
export function metaOf({ source, published_at: date, url, title }) {
  const address = safeUrl(url);
  return [
    el("span", { lang: languageOf(source ?? "") }, source || t("no_source")),
    el("span", {}, showDate(date)),
    address && el("a", { href: address, target: "_blank", rel: "noopener noreferrer", class: "original",
      "aria-label": t("original_label", { title }) }, icon("link"), el("span", {}, t("original"))),
  ];
}

/** A list item; what needs the article's text is filled in when that has come. */
export function finding(citation, place, open) {
  const path = el("p", { class: "path" });
  const words = el("div", { class: "words" });
  fill(path, words, citation, null);
  const tools = el("div", { class: "tools" },
    copyButton(t("copy_quote"), place, () => quoteText(citation)),
    copyButton(t("copy_link"), place, () => linkTo(citation)));
  article(citation.article_id).then((found) => {
    fill(path, words, citation, found);
    tools.append(...[originalButton(found)].filter(Boolean));
  }, () => {});
  return el("li", { class: `source${place ? "" : " first"}`, "data-at": atOf(citation), on: { click: onCard(citation, open) } },
    el("span", { class: "number" }, String(place + 1)),
    el("div", { class: "source-body" },
      el("h3", { class: "source-title" }, opener(citation)), path, words,
      el("p", { class: "meta" }, ...metaOf(citation)),
      tools));
}

function isAt(text, { start, end, quote }) {
  const units = toUnits(text);
  return text.slice(units(start), units(end)) === quote;
}

function fill(path, words, citation, found) {
  const exact = found && isAt(found.text, citation); // or it was replaced since
  const row = exact ? rowOf(found.text, citation) : null;
  const { before, after } = exact && !row ? around(found, citation) : { before: "", after: "" };
  const said = pathText(citation, row);
  path.hidden = !said;
  path.replaceChildren(...(said ? [el("span", { class: "unseen" }, `${t("stands_under")}: `), el("span", { lang: languageOf(said) }, said)] : []));
  const quote = el("blockquote", { class: "quote", lang: languageOf(citation.quote) },
    row ? table(row, citation) : marked(citation.quote, valueSpans(citation)));
  words.replaceChildren(...[beside(t("sentence_before"), before), quote, beside(t("sentence_after"), after)].filter(Boolean));
}

const beside = (name, text) => text && el("p", { class: "around", lang: languageOf(text) }, el("span", { class: "unseen" }, `${name}: `), ...marked(text));

function table({ heads, cells }, citation) {
  const cellOf = (cell, place) => roomy(el(place || !heads.length ? "td" : "th", place || !heads.length ? {} : { scope: "row" }, ...marked(cell.text, valuesIn(cell, citation))), cell.text);
  return el("div", { class: "table", tabindex: "0", role: "region", "aria-label": t("table_row") },
    el("table", {},
      heads.length ? el("thead", {}, ...heads.map((head) => el("tr", {}, ...head.map((name) => roomy(el(name ? "th" : "td", name ? { scope: "col" } : {}, ...marked(name)), name))))) : null,
      el("tbody", {}, el("tr", {}, ...cells.map(cellOf)))));
}

/** A button that copies, and says whether it could. */
export function copyButton(words, place, made) {
  const label = el("span", {}, words);
  const button = el("button", { type: "button", class: "plain tool", "aria-label": place === null ? null : t("copy_label", { what: words, n: place + 1 }) }, icon("copy"), label);
  button.addEventListener("click", async () => {
    label.textContent = t((await copyText(made())) ? "copied" : "copy_failed");
    setTimeout(() => { label.textContent = words; }, 4000);
  });
  return button;
}

/** One citation as text: the quote, then whose it is. */
function quoteText(citation) {
  const said = [citation.title, pathText(citation), citation.source || t("no_source"), showDate(citation.published_at), citation.url];
  return `“${citation.quote}”\n${said.filter(Boolean).join(" · ")}`;
}

/** The address that opens the article at the quote. */
export function linkTo(citation) {
  const { article: id, at } = placeOf(citation);
  return new URL(`./?${new URLSearchParams({ article: id, at })}`, location.href).href;
}

/** What the answer says besides its quotes: a service may word it itself. Each sentence stands once. */
export function ownLines({ answer, citations }) {
  const quotes = citations.map(({ quote }) => quote);
  if (answer === quotes.join("\n")) return [];
  return (answer ?? "").split("\n").filter((line) => line.trim() && !quotes.includes(line));
}
