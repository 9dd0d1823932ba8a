/** The answer, its citations, and where there is none the honest word and the nearest passages. */

import { el, icon, safeUrl } from "./dom.js";
import { count, languageOf, showDate, t } from "./i18n.js";
import { cut, valueSpans } from "./text.js";

const MANY = 5; // passages shown
const FEW = 3; // of those that are not even near

/** `open` is called with the {article, at} that was clicked; `relax` takes the filters off. */
export function renderAnswer(answer, { open, relax, filtered }) {
  return answer.answered
    ? [answerCard(answer, open), citationList(answer.citations, open), nearest(answer, open)]
    : [abstention(answer, { open, relax, filtered }), nearest(answer, open)];
}

function answerCard(answer, open) {
  const percent = Math.round(answer.confidence * 100);
  return el("div", { class: "card answer" },
    el("h2", { class: "label", id: "answer-title" }, t("answer")),
    el("div", { class: "answer-text" }, ...paragraphs(answer, open)),
    el("div", { class: "answer-foot" },
      el("p", { class: "confidence" },
        bar(percent), el("span", {}, t("confidence_is", { percent }))),
      copyButton(answer)),
    answer.expansions?.length
      ? el("p", { class: "small muted" }, t("expanded", { words: answer.expansions.slice(0, 4).join(", ") }))
      : null);
}

/** The words beside it say the same, so it is for the eye only. */
function bar(percent) {
  const filled = el("span", { class: "bar-filled" });
  filled.style.width = `${percent}%`;
  return el("span", { class: "bar", "aria-hidden": "true" }, filled);
}

/** The answer a line at a time: a line that is a citation's quote has its value marked and its number beside it. */
function paragraphs(answer, open) {
  const lines = (answer.answer ?? "").split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const place = answer.citations.findIndex((citation) => citation.quote === line);
    const known = place < 0 ? null : answer.citations[place];
    return el("p", { lang: languageOf(line) },
      ...(known ? marked(line, valueSpans(known)) : [line]),
      known ? citeButton(known, place, open) : null);
  });
}

/** The text with its values marked. */
function marked(text, spans) {
  return cut(text, spans).map(({ text: piece, names }) =>
    names.includes("value") ? el("mark", { class: "value" }, piece) : piece);
}

function citeButton(citation, place, open) {
  const label = t("cite_label", { n: place + 1, title: citation.title });
  return el("button", { type: "button", class: "cite", "aria-label": label,
    on: { click: () => open(placeOf(citation)) } }, String(place + 1));
}

const placeOf = ({ article_id: article, start, end }) => ({ article, at: `${start}-${end}` });

function citationList(citations, open) {
  return el("div", { class: "block" },
    el("h2", { class: "block-title" }, t("evidence")),
    el("ol", { class: "cards" }, ...citations.map((citation, place) => citationCard(citation, place, open))));
}

function citationCard(citation, place, open) {
  return el("li", { class: "card source", "data-at": atOf(citation), on: { click: onCard(citation, open) } },
    el("span", { class: "number", "aria-hidden": "true" }, String(place + 1)),
    el("div", { class: "source-body" },
      el("h3", { class: "source-title" }, opener(citation)),
      el("p", { class: "meta" }, ...metaOf(citation)),
      el("blockquote", { class: "quote", lang: languageOf(citation.quote) }, ...marked(citation.quote, valueSpans(citation)))));
}

const atOf = ({ article_id: article, start, end }) => `${article}\n${start}-${end}`;

/** The button for keyboards and screen readers; its click is its card's. */
function opener(found) {
  return el("button", { type: "button", class: "opener", lang: languageOf(found.title) }, found.title || found.article_id);
}

/** A click anywhere on a card opens it, but not one on a link, nor the end of selecting text to copy. */
function onCard(found, open) {
  return (event) => {
    const selecting = !event.target.closest("button") && String(getSelection());
    if (!event.target.closest("a") && !selecting) open(placeOf(found));
  };
}

/** A passage as a reader skims it: no empty lines. The article itself is shown unaltered. */
const tidy = (text) => text.trim().replace(/\s*\n\s*/g, "\n");

/** Outlet, date, and the original where it may be linked to. */
export function metaOf({ source, published_at: date, url, title }) {
  const address = safeUrl(url);
  return [
    el("span", { lang: languageOf(source ?? "") }, source || t("no_source")),
    el("span", {}, showDate(date)),
    address && el("a", { href: address, target: "_blank", rel: "noopener noreferrer", class: "original",
      "aria-label": t("original_label", { title }) }, icon("link"), t("original")),
  ];
}

function nearest(answer, open) {
  const passages = (answer.passages ?? []).slice(0, answer.reason === "no_match" ? FEW : MANY);
  if (!passages.length) return null;
  const list = el("ol", { class: "cards" }, ...passages.map((passage) => el("li", {
    class: "card source near", "data-at": atOf(passage), on: { click: onCard(passage, open) } },
    el("div", { class: "source-body" },
      el("h3", { class: "source-title" }, opener(passage)),
      passage.duplicates?.length ? el("p", { class: "meta" }, el("span", {}, count("duplicates", passage.duplicates.length))) : null,
      el("p", { class: "passage", lang: languageOf(passage.text) }, tidy(passage.text))))));
  if (answer.answered) {
    return el("details", { class: "block" },
      el("summary", {}, el("h2", { class: "block-title" }, count("nearest_more", passages.length))), list);
  }
  return el("div", { class: "block" },
    el("h2", { class: "block-title" }, t("nearest")), el("p", { class: "muted small" }, t("nearest_note")), list);
}

function abstention(answer, { open, relax, filtered }) {
  const known = ["index_empty", "no_match", "low_support"].includes(answer.reason) ? answer.reason : "low_support";
  const reason = known === "index_empty" && !filtered ? "reason_no_articles" : `reason_${known}`;
  return el("div", { class: "card abstain" },
    icon("none"),
    el("h2", { class: "abstain-title" }, t("not_found")),
    el("p", {}, t(reason)),
    el("p", { class: "muted small" }, t("not_found_note")),
    filtered ? actionButton(t("relax"), relax) : null,
    reason === "reason_no_articles" ? actionButton(t("to_library"), () => open({ view: "library" })) : null);
}

const actionButton = (words, click) => el("p", {}, el("button", { type: "button", class: "secondary", on: { click } }, words));

/** The answer with its sources as plain text, for a report or a letter. */
function copyButton(answer) {
  const button = el("button", { type: "button", class: "plain copy" }, icon("copy"), t("copy"));
  button.addEventListener("click", async () => {
    const done = await copyText(asText(answer));
    button.lastChild.textContent = t(done ? "copied" : "copy_failed");
  });
  return button;
}

function asText(answer) {
  const sources = answer.citations.map((citation, place) => [
    `[${place + 1}] ${citation.title}`, citation.source || t("no_source"), showDate(citation.published_at), citation.url,
  ].filter(Boolean).join(" · "));
  const lines = answer.answer.split("\n").map((line) => {
    const place = answer.citations.findIndex((citation) => citation.quote === line);
    return place < 0 ? line : `${line} [${place + 1}]`;
  });
  return [...lines, "", ...sources].join("\n");
}

/** Over plain http in an intranet there is no clipboard object; a selected field can still be copied. */
async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const field = el("textarea", { class: "unseen", "aria-hidden": "true" });
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
