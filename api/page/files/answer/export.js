/** The answer to take along: as text, and as a page of its own to attach to a report. */

import { el } from "../base/dom.js";
import { language, showDate, t } from "../base/i18n.js";
import { valueSpans } from "../base/text.js";
import { article } from "../service/articles.js";
import { around } from "./around.js";
import { certaintyWord } from "./certainty.js";
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

/** Save it as one HTML file that needs nothing else. */
export async function saveAnswer(answer) {
  const found = await Promise.all(answer.citations.map(({ article_id: id }) => article(id).catch(() => null)));
  const page = document.implementation.createHTMLDocument(`${answer.question} · ${t("brand")}`);
  page.documentElement.lang = language;
  page.head.prepend(el("meta", { charset: "utf-8" }));
  page.body.append(
    el("h1", {}, answer.question),
    el("p", { class: "muted" }, [t("saved_at", { date: showDate(today()) }), certaintyWord(answer.certainty) && `${t("certainty")} ${certaintyWord(answer.certainty)}`].filter(Boolean).join(" · ")),
    ...ownLines(answer).map((line) => el("p", {}, line)),
    el("ol", {}, ...answer.citations.map((citation, place) => saved(citation, found[place]))),
    ...[...missingParts(answer), ...otherValues(answer)].map((line) => el("p", {}, line)),
    el("p", { class: "muted" }, t("foot")));
  const text = new XMLSerializer().serializeToString(page).replace("</head>", `<style>${STYLE}</style></head>`);
  const address = URL.createObjectURL(new Blob([text], { type: "text/html;charset=utf-8" }));
  const link = el("a", { download: `${t("brand")} ${answer.question.replace(/[\\/:*?"<>|\s]+/g, " ").trim().slice(0, 40)}.html` });
  link.href = address;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function saved(citation, found) {
  const row = found ? rowOf(found.text, citation) : null;
  const { before, after } = found && !row ? around(found, citation) : { before: "", after: "" };
  const path = pathText(citation, row);
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
