/** What was said of answers: listed, deleted, taken along as an evaluation set; and said of a sentence in the article. */

import { announce, complain, el, icon, saveFile } from "../base/dom.js";
import { count, languageOf, t } from "../base/i18n.js";
import { go, here } from "../base/place.js";
import { lengthOf } from "../base/text.js";
import { deleteJudgement, judge, listJudgements, loadGoldSet } from "../service/api.js";
import { judges } from "../service/rights.js";

/** The button that says of the sentence selected in `text`, or else of the cited one, that it answers the question. */
export function sentenceButton(article, text) {
  const button = el("button", { type: "button", class: "plain tool", "data-judge": true }, icon("done"), t("verdict_sentence"));
  button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the selection
  let running = false;
  button.addEventListener("click", async () => {
    if (running) return; // a second click would be a second verdict
    const span = selectedIn(text) ?? citedIn(text);
    if (!span || !here().q) return complain(button, t("verdict_select"));
    complain(button, "");
    running = true;
    try {
      await judge({ question: here().q, verdict: "right", article_id: article.id, ...span });
      button.lastChild.textContent = t("verdict_kept");
      announce(t("verdict_kept"));
    } catch (error) {
      complain(button, error.title);
    }
    running = false;
  });
  button.hidden = !here().q;
  return button;
}

/** The selection as {start, end} in code points of the article, without blanks at its ends; null where there is none. */
function selectedIn(text) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed || !text.contains(selection.anchorNode) || !text.contains(selection.focusNode)) return null;
  return spanOf(text, selection.getRangeAt(0));
}

function citedIn(text) {
  const marks = [...text.querySelectorAll("mark.cited")]; // several in a row of a table
  if (!marks.length) return null;
  const range = document.createRange();
  range.setStartBefore(marks[0]);
  range.setEndAfter(marks.at(-1));
  return spanOf(text, range);
}

function spanOf(text, range) {
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const words = String(range);
  const start = lengthOf(String(before)) + lengthOf(words) - lengthOf(words.trimStart());
  const end = start + lengthOf(words.trim());
  return end > start ? { start, end } : null;
}

/** The list of all that was said; empty where nothing was, or where it is not kept. */
export async function goldList() {
  if (!judges()) return null;
  const { judgements, left_out } = await listJudgements();
  if (!judgements.length) return null;
  const list = el("ul", { class: "gold-list" }, ...judgements.map(row));
  const load = el("button", { type: "button", class: "secondary", on: { click: (event) => download(event.currentTarget) } }, icon("save"), t("gold_set"));
  return el("details", { class: "gold" },
    el("summary", {}, el("h2", { class: "block-title" }, count("gold_title", judgements.length + left_out))),
    el("p", { class: "muted small" }, t("gold_note")), load, list);
}

function row({ id, question, verdict, article_id: article, title, start, end, quote }) {
  const item = el("li", {},
    el("div", { class: "row-body" },
      el("p", { class: "gold-question", lang: languageOf(question) }, el("span", { class: "tag" }, t(`gold_${verdict}`)), " ", question),
      quote ? el("button", { type: "button", class: "opener linked small", lang: languageOf(quote), on: { click: () => go({ article, at: `${start}-${end}` }) } }, quote) : null,
      article && !quote ? el("p", { class: "muted small" }, t("gold_stale", { title: title || article })) : null),
    el("button", { type: "button", class: "icon-button danger-icon", "aria-label": t("delete_label", { title: question }), on: { click: (event) => forget(id, item, event.currentTarget) } }, icon("trash")));
  return item;
}

async function forget(id, item, button) {
  try {
    await deleteJudgement(id);
    const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector(".danger-icon") ?? item.closest("details").querySelector("summary");
    item.remove();
    next.focus();
    announce(t("gold_gone"));
  } catch (error) {
    complain(button, error.title);
  }
}

async function download(button) {
  complain(button, "");
  try {
    saveFile(await loadGoldSet(), "geungeo-gold.zip");
  } catch (error) {
    complain(button, error.title);
  }
}
