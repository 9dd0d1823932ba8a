/** 맞음 and 틀림 under an answer, for whoever may say so where the service keeps it. */

import { announce, complain, el, icon } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { deleteJudgement, judge } from "../service/api.js";

const kept = new WeakMap(); // an answer: what was said of it, {id, verdict}
const keeping = new WeakSet(); // the answers of which something is being said
const bars = new WeakMap(); // an answer: the bar under it, which is another once the language was switched

/** The question whether the answer is right, or whether there is really none; hidden from who may not say. */
export function verdictBar(answer) {
  const { question, answered } = answer;
  const first = answered ? placeOf(answer.citations[0]) : {};
  const say = (verdict, place) => () => keep({ question, verdict, ...place }, answer);
  const bar = el("div", { class: "verdict", "data-judge": true, role: "group", "aria-label": t(answered ? "verdict_ask" : "verdict_ask_none") },
    el("span", { class: "verdict-ask" }, t(answered ? "verdict_ask" : "verdict_ask_none")),
    button("done", t(answered ? "verdict_right" : "verdict_absent"), say(answered ? "right" : "absent", first)),
    button("close", t(answered ? "verdict_wrong" : "verdict_present"), say("wrong", first)));
  bars.set(answer, bar);
  if (kept.has(answer)) thank(answer);
  return bar;
}

const placeOf = ({ article_id, start, end }) => ({ article_id, start, end });
const button = (name, words, click) => el("button", { type: "button", class: "secondary verdict-button", on: { click } }, icon(name), words);

async function keep(said, answer) {
  if (keeping.has(answer)) return; // a second click would be a second verdict
  keeping.add(answer);
  try {
    const { id } = await judge(said);
    kept.set(answer, { id, verdict: said.verdict });
    announce(t("verdict_kept"));
    thank(answer).focus();
  } catch (error) {
    complain([...bars.get(answer).querySelectorAll("button")].at(-1), error.title);
  }
  keeping.delete(answer);
}

/** Say that it is kept, with the button that takes it back; returns that. */
function thank(answer) {
  const { id, verdict } = kept.get(answer);
  const undo = el("button", { type: "button", class: "plain", on: { click: async () => {
    try {
      await deleteJudgement(id);
    } catch (error) {
      if (error.status !== 404) return complain(undo, error.title); // it still stands
    }
    kept.delete(answer);
    const bar = bars.get(answer);
    const again = verdictBar(answer);
    bar.replaceWith(again);
    again.querySelector("button").focus();
    return null;
  } } }, t("verdict_undo"));
  bars.get(answer).replaceChildren(el("span", {}, t("verdict_kept"), verdict === "wrong" ? ` ${t("verdict_how")}` : ""), undo);
  return undo;
}
