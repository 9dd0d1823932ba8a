/** What stands under an unasked question: how much there is to ask, what to try, or how to begin. */

import { byId, el, icon } from "../base/dom.js";
import { count, language, languageOf, t } from "../base/i18n.js";
import { go } from "../base/place.js";
import { ALL_SAMPLES, isSample, samplesNote } from "../library/samples.js";
import { listArticles, listExamples } from "../service/api.js";

const EXAMPLES = { // of the packaged articles; the last one they do not answer
  ko: ["AX 법인의 매출 목표는?", "GSMA 사무총장은 누구인가?", "AI 원팀에 들어간 대학교는?", "KT와 MS는 어디에서 계약서에 서명했나?", "김치찌개 맛있게 끓이는 법 좀 알려줘"],
  en: ["How much cumulative revenue is the AX company targeting over five years?", "Who joined the M360 APAC keynote session by video?", "What is the average salary of engineers working on KT's core AI engine?"],
};

let last = null; // what stands there, or will

/**
 * Look what is there and say it; false where that failed. `pick` opens the file chooser, `changed` hears that the samples
 * are gone.
 */
export async function showWelcome(pick, changed) {
  const note = el("p", { class: "muted small" });
  last = note;
  byId("welcome").replaceChildren(note);
  try {
    const { articles, total } = await listArticles({ limit: ALL_SAMPLES + 1 }, {
      onWait: (problem) => { note.textContent = `${problem.title} · ${t("waiting")}`; },
    });
    if (last === note) byId("welcome").replaceChildren(...(total === 0 ? howToBegin(pick) : known(articles, total, changed)));
    return true;
  } catch (error) {
    note.textContent = error.title ?? "";
    return last !== note;
  }
}

function known(articles, total, changed) {
  const ids = articles.map(({ id }) => id);
  if (total > ALL_SAMPLES || !ids.every(isSample)) return ownArticles(total);
  return [
    el("p", { class: "muted small" }, t("only_seeds")),
    el("ul", { class: "examples", "aria-label": t("examples") }, ...EXAMPLES[language].map(example)),
    samplesNote(ids, changed),
  ];
}

/** How many there are, and, when the service has found some, questions that they answer. */
function ownArticles(total) {
  const list = el("ul", { class: "examples", "aria-label": t("examples") });
  listExamples().then(({ questions }) => list.replaceChildren(...questions.map(example)), () => {});
  return [el("p", { class: "muted small" }, count("articles_here", total)), list];
}

const example = (question) => el("li", {}, el("button", {
  type: "button", class: "example", lang: languageOf(question), on: { click: () => go({ q: question }) } }, question));

function howToBegin(pick) {
  return [el("div", { class: "card begin" },
    el("h2", { class: "block-title" }, t("empty_title")),
    el("p", { "data-write": true }, t("empty_text")),
    el("p", { "data-write": true }, el("button", { type: "button", class: "primary", on: { click: pick } }, icon("upload"), t("upload"))),
    el("p", { class: "muted small" }, t("empty_command"), " ", el("code", {}, `geungeo index ${t("folder")}`)))];
}
