/** The answer with its citations, and where there is none the honest word and the nearest passages. */

import { el, icon } from "../base/dom.js";
import { count, languageOf, t } from "../base/i18n.js";
import { certaintyChip } from "./certainty.js";
import { answerText, saveAnswer, saveDocument } from "./export.js";
import { atOf, copyButton, finding, marked, metaOf, onCard, opener, ownLines, placeOf } from "./finding.js";
import { included } from "./included.js";
import { refusal } from "./refusal.js";
import { verdictBar } from "./verdict.js";

const MANY = 5; // passages shown
const FEW = 3; // of those that are not even near

/** `open` is called with the {article, at} that was clicked; `relax` takes the filters off, `alone` what was added. */
export function renderAnswer(answer, { open, relax, filtered, alone }) {
  const card = answer.answered ? answerCard(answer, open) : refusal(answer, { open, relax, filtered });
  return [included(answer, alone), card, nearest(answer, open)];
}

function answerCard(answer, open) {
  const own = ownLines(answer);
  return el("article", { class: "card answer", "aria-labelledby": "answer-title" },
    el("div", { class: "answer-head" }, el("h2", { class: "label", id: "answer-title" }, t("answer")), certaintyChip(answer.certainty)),
    inWords(answer),
    own.length ? el("div", { class: "answer-text" }, ...own.map((line) => el("p", { lang: languageOf(line) }, line))) : null,
    el("ol", { class: "findings" }, ...answer.citations.map((citation, place) => finding(citation, place, open))),
    parts(answer), conflicts(answer, open),
    el("div", { class: "answer-foot" },
      copyButton(t("copy"), null, () => answerText(answer)),
      el("button", { type: "button", class: "plain tool", on: { click: () => saveAnswer(answer) } }, icon("save"), t("save_html")),
      el("button", { type: "button", class: "plain tool", on: { click: () => saveDocument(answer) } }, icon("save"), t("save_docx")),
      el("button", { type: "button", class: "plain tool", on: { click: () => print() } }, icon("print"), t("print"))),
    verdictBar(answer),
    answer.expansions?.length
      ? el("p", { class: "small muted" }, t("expanded", { words: answer.expansions.slice(0, 4).join(", ") }))
      : null);
}

/** What a language model has written of the citations, each sentence with their numbers. */
function inWords({ written = [] }) {
  if (!written.length) return null;
  return el("div", { class: "answer-text written" }, el("p", { class: "small muted" }, t("written")),
    ...written.map(({ text, citations }) => el("p", { lang: languageOf(text) }, text, " ", el("span", { class: "muted" }, citations.map((place) => `[${place + 1}]`).join("")))));
}

/** The questions inside a question: which sentence answers each, and what was not found. */
function parts({ parts: all = [] }) {
  if (all.length < 2) return null;
  return el("ul", { class: "parts", "aria-label": t("parts") }, ...all.map(({ question, citations }) =>
    el("li", { class: citations.length ? "met" : "unmet" },
      el("span", { lang: languageOf(question) }, question), " ",
      citations.length
        ? el("span", { class: "part-places" }, t("part_met", { places: citations.map((place) => place + 1).join(", ") }))
        : el("strong", { class: "part-missing" }, t("part_unmet")))));
}

/** Other articles that say otherwise, and which of them are newer. */
function conflicts({ conflicts: all = [], citations }, open) {
  if (!all.length) return null;
  const first = citations[0].published_at;
  return el("section", { class: "conflicts", "aria-labelledby": "conflicts-title" },
    el("h3", { class: "conflicts-title", id: "conflicts-title" }, icon("warning"), t("conflicts")),
    el("ul", {}, ...all.map(({ value, citation }) => el("li", { class: "conflict", "data-at": atOf(citation) },
      el("strong", { class: "conflict-value", lang: languageOf(value) }, value), " ",
      el("button", { type: "button", class: "opener linked", lang: languageOf(citation.title), on: { click: () => open(placeOf(citation)) } }, citation.title || citation.article_id),
      el("p", { class: "meta" }, ...metaOf(citation),
        first && citation.published_at > first ? el("strong", { class: "newer" }, t("newer")) : null)))));
}

/** A passage as a reader skims it: no empty lines. The article itself is shown unaltered. */
const tidy = (text) => text.trim().replace(/\s*\n\s*/g, "\n");

function nearest(answer, open) {
  const passages = (answer.passages ?? []).slice(0, answer.reason === "no_match" ? FEW : MANY);
  if (!passages.length) return null;
  const list = el("ol", { class: "cards" }, ...passages.map((passage) => el("li", {
    class: "card source near", "data-at": atOf(passage), on: { click: onCard(passage, open) } },
    el("div", { class: "source-body" },
      el("h3", { class: "source-title" }, opener(passage)),
      passage.duplicates?.length ? el("p", { class: "meta" }, el("span", {}, count("duplicates", passage.duplicates.length))) : null,
      el("p", { class: "passage", lang: languageOf(passage.text) }, ...marked(tidy(passage.text)))))));
  if (answer.answered) {
    return el("details", { class: "block" },
      el("summary", {}, el("h2", { class: "block-title" }, count("nearest_more", passages.length))), list);
  }
  return el("div", { class: "block" },
    el("h2", { class: "block-title" }, t("nearest")), el("p", { class: "muted small" }, t("nearest_note")), list);
}
