/** 맞음 and 틀림 under an answer, for whoever may say so where the service keeps it. */

import { announce, complain, el, icon } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { deleteJudgement, judge } from "../service/api.js";

const kept = new WeakMap(); // an answer: what was said of it, {id, verdict}

/** The question whether the answer is right, or whether there is really none; hidden from who may not say. */
export function verdictBar(answer) {
  const { question, answered } = answer;
  const first = answered ? placeOf(answer.citations[0]) : {};
  const say = (verdict, place) => () => keep({ question, verdict, ...place }, bar, answer);
  const bar = el("div", { class: "verdict", "data-judge": true, role: "group", "aria-label": t(answered ? "verdict_ask" : "verdict_ask_none") },
    el("span", { class: "verdict-ask" }, t(answered ? "verdict_ask" : "verdict_ask_none")),
    button("done", t(answered ? "verdict_right" : "verdict_absent"), say(answered ? "right" : "absent", first)),
    button("close", t(answered ? "verdict_wrong" : "verdict_present"), say("wrong", first)));
  if (kept.has(answer)) thank(bar, answer);
  return bar;
}

const placeOf = ({ article_id, start, end }) => ({ article_id, start, end });
const button = (name, words, click) => el("button", { type: "button", class: "secondary verdict-button", on: { click } }, icon(name), words);

async function keep(said, bar, answer) {
  if (bar.getAttribute("aria-busy") === "true") return; // a second click would be a second verdict
  bar.setAttribute("aria-busy", "true");
  try {
    const { id } = await judge(said);
    kept.set(answer, { id, verdict: said.verdict });
    announce(t("verdict_kept"));
    thank(bar, answer).focus();
  } catch (error) {
    complain([...bar.querySelectorAll("button")].at(-1), error.title);
  }
  bar.setAttribute("aria-busy", "false");
}

/** Say that it is kept, with the button that takes it back; returns that. */
function thank(bar, answer) {
  const { id, verdict } = kept.get(answer);
  const undo = el("button", { type: "button", class: "plain", on: { click: async () => {
    try {
      await deleteJudgement(id);
    } catch (error) {
      if (error.status !== 404) return complain(undo, error.title); // it still stands
    }
    kept.delete(answer);
    const again = verdictBar(answer);
    bar.replaceWith(again);
    again.querySelector("button").focus();
    return null;
  } } }, t("verdict_undo"));
  bar.replaceChildren(el("span", {}, t("verdict_kept"), verdict === "wrong" ? ` ${t("verdict_how")}` : ""), undo);
  return undo;
}
