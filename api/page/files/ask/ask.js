/** The question box and what comes of it. */

import { renderAnswer } from "../answer/answer.js";
import { announce, byId, el, icon } from "../base/dom.js";
import { count, t } from "../base/i18n.js";
import { go } from "../base/place.js";
import { foldUploads } from "../library/uploads.js";
import { ask, Problem } from "../service/api.js";
import { buildFilters, readFilters, toRequest, translateFilters, writeFilters } from "./filters.js";
import { buildHistory, closeHistory, remember, translateHistory } from "./history.js";
import { before, beginAnew, goOn } from "./turns.js";

const QUIET_MS = 200; // a quicker answer shows no progress, which would only flicker
const NO_FILTERS = { from: "", to: "", source: "", in: "" };
let asked = ""; // what is shown or on its way: question and filters
let running = null;
let redraw = null; // draws what stands there, in the language of now
export let answer = null; // the last one that came

export function buildAsk() {
  buildFilters();
  buildHistory();
  const box = byId("question");
  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      byId("ask-form").requestSubmit();
    }
  });
  byId("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const question = box.value.trim();
    if (!question) {
      box.focus();
      announce(t("empty_question"));
      return;
    }
    if (onTouch()) box.blur(); // the keyboard on the screen would cover the answer
    asked = "";
    foldUploads();
    go({ view: "", q: question, ...readFilters(), article: "", at: "" });
  });
}

/** Say all of it anew: the question as it is written, and what came of it. */
export function translateAsk(place) {
  translateFilters(place);
  translateHistory();
  redraw?.();
}

export const onTouch = () => matchMedia("(pointer: coarse)").matches;

/** As tall as its text. */
function fit() {
  const box = byId("question");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

/** Make the view agree with the place; asks where the question or the filters are others than before. */
export async function showAsk(place) {
  const wanted = place.q ? JSON.stringify([place.q, place.from, place.to, place.source, place.in]) : "";
  document.body.classList.toggle("asked", Boolean(wanted));
  if (wanted === asked) return;
  asked = wanted;
  running?.abort();
  byId("result").setAttribute("aria-busy", "false");
  answer = null;
  byId("question").value = place.q;
  writeFilters(place);
  closeHistory();
  fit();
  redraw = null;
  byId("result").replaceChildren();
  if (wanted) await run(place);
  else beginAnew();
}

async function run(place) {
  const result = byId("result");
  running?.abort(); // the same question may be asked anew while its answer is still being written
  running = new AbortController();
  const { signal } = running;
  const note = el("p", { class: "progress" }, el("span", { class: "spinner", "aria-hidden": "true" }), el("span", {}, t("asking")));
  let words = () => t("asking");
  const say = (said = words) => { words = said; note.lastChild.textContent = said(); };
  const timer = setTimeout(() => { if (!signal.aborted) result.replaceChildren(note); }, QUIET_MS);
  result.setAttribute("aria-busy", "true");
  redraw = () => say();
  let cited = null; // shown before a language model, where there is one, has written of it
  const onCited = (early) => {
    if (signal.aborted) return;
    cited = early;
    clearTimeout(timer);
    show(early, place);
  };
  try {
    const came = await ask(place.q, toRequest(place), {
      context: before(place.q), signal, onCited, onStage: ({ stage }) => say(() => stageWords(stage)), onWait: (problem) => say(() => `${problem.title} · ${t("waiting")}`),
    });
    if (signal.aborted) return;
    answer = came;
    if (!cited || came.written?.length) show(came, place);
  } catch (error) {
    if (!signal.aborted) showProblem(error, cited);
  } finally {
    clearTimeout(timer);
    if (!signal.aborted) result.setAttribute("aria-busy", "false");
  }
}

const stageWords = (stage) => t(["analyse", "encode", "retrieve", "evidence", "verify"].includes(stage) ? `stage_${stage}` : "asking");

function show(came, place) {
  answer = came;
  redraw = () => draw(came, place);
  redraw();
  goOn(place.q);
  remember(place, came.answered);
  announce(came.answered ? count("found", came.citations.length) : t("not_found"));
  window.dispatchEvent(new Event("answer"));
}

function draw(came, place) {
  const relax = () => go(NO_FILTERS);
  const filtered = Boolean(place.from || place.to || place.source || place.in);
  const alone = () => { beginAnew(); run(place); };
  byId("result").replaceChildren(...renderAnswer(came, { open: go, relax, filtered, alone }).filter(Boolean));
}

/** What went wrong; below what was cited already, for that was verified before it was sent. */
function showProblem(error, cited) {
  const problem = error instanceof Problem ? error : new Problem({ status: 0, code: "page", title: t("unknown_title"), detail: String(error.message) });
  const above = cited ? redraw : () => {};
  redraw = () => {
    above();
    drawProblem(problem, cited);
  };
  drawProblem(problem, cited);
}

function drawProblem(problem, cited) {
  const again = el("button", { type: "button", class: "secondary", on: { click: () => byId("ask-form").requestSubmit() } }, t("again"));
  byId("result")[cited ? "append" : "replaceChildren"](el("div", { class: "card problem", role: "alert" },
    icon("warning"), el("h2", { class: "problem-title" }, problem.title), el("p", {}, problem.detail), el("p", {}, again)));
}
