/** Where there is no answer: the true reason, and what to do about it. */

import { el, icon } from "../base/dom.js";
import { languageOf, t, withParticle } from "../base/i18n.js";
import { verdictBar } from "./verdict.js";

const KNOWN = ["index_empty", "no_match", "low_support", "context_needed", "qualifier_absent"];

/** `relax` takes the filters off; `open` goes to a place. */
export function refusal(answer, { open, relax, filtered }) {
  const known = KNOWN.includes(answer.reason) ? answer.reason : "low_support";
  const reason = known === "index_empty" && !filtered ? "no_articles" : known;
  const absent = reason === "qualifier_absent" ? answer.absent : null;
  return el("div", { class: "card abstain" },
    icon("none"),
    el("h2", { class: "abstain-title" }, t("not_found")),
    el("h3", { class: "label why" }, t("why_not")),
    el("p", { class: "reason" }, absent ? missing(absent) : t(`reason_${reason}`)),
    absent?.held.length ? el("p", { class: "held" }, holds(absent)) : null,
    absent ? instead(answer, absent, open) : null,
    reason === "no_articles" ? null : el("p", { class: "muted small" }, t("not_found_note")),
    filtered ? actionButton(t("relax"), relax) : null,
    filtered || reason === "no_articles" ? null : verdictBar(answer),
    reason === "no_articles" ? actionButton(t("to_library"), () => open({ view: "library" })) : null);
}

const joined = (words) => words.map((word) => t("quoted", { word })).join(", ");
const missing = ({ asked }) => t("absent_asked", { asked: withParticle(joined(asked), "은", "는") });
const holds = ({ held }) => t("absent_held", { held: withParticle(joined(held), "이", "가") });

/** The same question of what the articles do hold. */
function instead({ question }, { asked, held }, open) {
  if (asked.length !== 1 || !question.includes(asked[0])) return null;
  const offers = held.filter((word) => word !== asked[0]).slice(0, 3);
  if (!offers.length) return null;
  return el("ul", { class: "examples", "aria-label": t("ask_instead") }, ...offers.map((word) => {
    const other = question.replace(asked[0], () => word);
    return el("li", {}, el("button", { type: "button", class: "example", lang: languageOf(other), on: { click: () => open({ q: other }) } }, other));
  }));
}

export const actionButton = (words, click, attributes = {}) =>
  el("p", attributes, el("button", { type: "button", class: "secondary", on: { click } }, words));
