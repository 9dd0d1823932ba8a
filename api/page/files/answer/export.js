/** The answer to take along: as text, and as a page of its own to attach to a report. */

import { el, saveFile } from "../base/dom.js";
import { language, showDate, t } from "../base/i18n.js";
import { cut, valuesIn, valueSpans } from "../base/text.js";
import { article } from "../service/articles.js";
import { around } from "./around.js";
import { certaintyWord } from "./certainty.js";
import { docxOf } from "./docx.js";
import { linkTo, marked, ownLines, pathText } from "./finding.js";
import { rowOf } from "./tables.js";

const STYLE = "body{font:16px/1.7 'Malgun Gothic','Apple SD Gothic Neo','Noto Sans CJK KR',sans-serif;max-width:46rem;margin:2rem auto;"
  + "padding:0 1rem;color:#1a2330}h1{font-size:1.4rem}li{margin:0 0 1.4rem}blockquote{margin:.4rem 0;padding-left:.8rem;"
  + "border-left:3px solid #ffdc7a}mark{background:#ffdc7a}table{border-collapse:collapse}th,td{border:1px solid #b9c2cd;"
  + "padding:.3rem .6rem;text-align:left}.muted{color:#546070;font-size:.9rem}";

/** The answer with its sources, for a report or a letter. */
export function answerText(answer) {
  const sources = answer.citations.map((citation, place) => [
    `[${place + 1}] ${citation.title}`, pathText(citation), citation.source || t("no_source"), showDate(citation.published_at), citation.url,
  ].filter(Boolean).join(" · "));
  const quotes = answer.citations.map(({ quote }, place) => `${quote} [${place + 1}]`);
  return [...ownLines(answer), ...quotes, ...missingParts(answer), ...otherValues(answer), "", ...sources].join("\n");
}

const missingParts = ({ parts = [] }) => parts.filter(({ citations }) => !citations.length).map(({ question }) => `${t("part_unmet")}: ${question}`);
const otherValues = ({ conflicts = [] }) => conflicts.map(({ value, citation }) =>
  `${t("conflicts")}: ${value} · ${citation.title} · ${showDate(citation.published_at)}`);

const articlesOf = (answer) => Promise.all(answer.citations.map(({ article_id: id }) => article(id).catch(() => null)));

/** Save it as a Word document, to be attached to a report. */
export async function saveDocument(answer) {
  const found = await articlesOf(answer);
  const line = (kind, text) => ({ kind, runs: [{ text }] });
  const blocks = [
    line("heading", answer.question), line("muted", whenFound(answer)),
    ...ownLines(answer).map((words) => line("text", words)),
    ...answer.citations.flatMap((citation, place) => citedBlocks(citation, found[place], place)),
    ...[...missingParts(answer), ...otherValues(answer)].map((words) => line("text", words)),
    line("muted", t("foot")),
  ];
  offer(docxOf(blocks), answer, "docx");
}

/** A citation with its place, its words or its row, and whose they are. */
function citedBlocks(citation, found, place) {
  const { row, before, after, path } = shown(citation, found);
  const whose = [citation.source || t("no_source"), showDate(citation.published_at), citation.url, `${citation.article_id}:${citation.start}-${citation.end}`];
  return [
    { kind: "text", runs: [{ text: `[${place + 1}] ${citation.title || citation.article_id}`, bold: true }, { text: path ? ` › ${path}` : "" }] },
    ...(before ? [{ kind: "muted", runs: runsOf(before) }] : []),
    row ? { rows: [...row.heads.map((head) => head.map((name) => runsOf(name))), row.cells.map((cell) => runsOf(cell.text, valuesIn(cell, citation)))] }
      : { kind: "quote", runs: runsOf(citation.quote, valueSpans(citation)) },
    ...(after ? [{ kind: "muted", runs: runsOf(after) }] : []),
    { kind: "muted", runs: [{ text: whose.filter(Boolean).join(" · ") }] },
  ];
}

const runsOf = (text, spans = []) => cut(text, spans, { marks: true }).filter(({ names }) => !names.includes("markup"))
  .map(({ text: piece, names }) => ({ text: names.includes("newline") ? "\n" : piece, bold: names.includes("bold"), mark: names.includes("value") }));

/** What surrounds a citation, as far as its article is still what was cited. */
function shown(citation, found) {
  const row = found ? rowOf(found.text, citation) : null;
  return { row, path: pathText(citation, row), ...(found && !row ? around(found, citation) : { before: "", after: "" }) };
}

const whenFound = (answer) => [t("saved_at", { date: showDate(today()) }), certaintyWord(answer.certainty) && `${t("certainty")} ${certaintyWord(answer.certainty)}`].filter(Boolean).join(" · ");

/** Give it to the browser as a file named after the question. */
function offer(blob, answer, suffix) {
  saveFile(blob, `${t("brand")} ${answer.question.replace(/[\\/:*?"<>|\s]+/g, " ").trim().match(/^.{0,40}/u)[0]}.${suffix}`);
}

/** Save it as one HTML file that needs nothing else. */
export async function saveAnswer(answer) {
  const found = await articlesOf(answer);
  const page = document.implementation.createHTMLDocument(`${answer.question} · ${t("brand")}`);
  page.documentElement.lang = language;
  page.head.prepend(el("meta", { charset: "utf-8" }));
  page.body.append(
    el("h1", {}, answer.question),
    el("p", { class: "muted" }, whenFound(answer)),
    ...ownLines(answer).map((line) => el("p", {}, line)),
    el("ol", {}, ...answer.citations.map((citation, place) => saved(citation, found[place]))),
    ...[...missingParts(answer), ...otherValues(answer)].map((line) => el("p", {}, line)),
    el("p", { class: "muted" }, t("foot")));
  const text = new XMLSerializer().serializeToString(page).replace("</head>", `<style>${STYLE}</style></head>`);
  offer(new Blob([text], { type: "text/html;charset=utf-8" }), answer, "html");
}

function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function saved(citation, found) {
  const { row, before, after, path } = shown(citation, found);
  return el("li", {},
    el("p", {}, el("strong", {}, citation.title || citation.article_id), path ? ` › ${path}` : null),
    before ? el("p", { class: "muted" }, ...marked(before)) : null,
    el("blockquote", {}, row
      ? el("table", {}, ...row.heads.map((head) => el("tr", {}, ...head.map((name) => el("th", {}, ...marked(name))))),
        el("tr", {}, ...row.cells.map(({ text }) => el("td", {}, ...marked(text)))))
      : marked(citation.quote, valueSpans(citation))),
    after ? el("p", { class: "muted" }, ...marked(after)) : null,
    el("p", { class: "muted" }, [citation.source || t("no_source"), showDate(citation.published_at), citation.url,
      `${citation.article_id}:${citation.start}-${citation.end}`, linkTo(citation)].filter(Boolean).join(" · ")));
}
