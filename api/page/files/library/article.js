/** One article beside the answer: its own text, unaltered, the cited sentence marked by its offsets. */

import { metaOf } from "../answer/finding.js";
import { originalButton } from "../answer/original.js";
import { byId, el, icon } from "../base/dom.js";
import { language, languageOf, t } from "../base/i18n.js";
import { toUnits } from "../base/text.js";
import { article as fetched } from "../service/articles.js";
import { isNoise } from "./drawing.js";
import { sentenceButton } from "./gold.js";
import { drawNear, textOf } from "./stretches.js";

let shown = null; // the article in the pane
let wanted = null; // the last that was asked for
let drawnAs = ""; // the article and the stretch of it that were drawn last
let drawnOf = ""; // and what was known of them

/**
 * Show `article` (an id) with `span` ({start, end} in code points, or null) and `values` marked in it. Where that is
 * shown already, `again` draws it anew and leaves the reader where he is.
 */
export async function showArticle(article, span, values, close, { again = false } = {}) {
  const own = (wanted = {});
  const place = JSON.stringify([article, span]);
  const isWithin = byId("article").contains(document.activeElement);
  open();
  try {
    if (shown?.id !== article) fill([head(null, close), el("p", { class: "pane-note muted" }, t("loading"))]);
    const found = await fetched(article);
    if (wanted !== own) return;
    shown = found;
    const stay = again && place === drawnAs;
    const content = JSON.stringify([language, found, values]);
    if (stay && content === drawnOf) return;
    draw(shown, span, values, close, { stay });
    [drawnAs, drawnOf] = [place, content];
  } catch (error) {
    if (wanted !== own) return;
    shown = null;
    const [title, detail] = error.status === 404 ? [t("article_gone"), t("article_gone_detail")] : [error.title, error.detail];
    fill([head(null, close), el("div", { class: "pane-note", role: "alert" }, el("p", { class: "error-text" }, title), el("p", {}, detail))]);
    if (again && !isWithin) return; // the reader is elsewhere
    byId("article-title").focus({ preventScroll: true });
    byId("article").scrollIntoView({ block: "nearest" }); // below the answer on a narrow screen
  }
}

export function hideArticle() {
  wanted = null;
  drawnAs = "";
  byId("article").hidden = true;
  byId("columns").classList.remove("two");
}

/** Whether the pane shows this article (it was deleted, perhaps). */
export const isShown = (article) => !byId("article").hidden && shown?.id === article;

function open() {
  byId("article").hidden = false;
  byId("columns").classList.add("two");
}

function fill(children) {
  drawnAs = ""; // what was drawn is gone
  byId("article").replaceChildren(...children);
}

function draw(article, span, values, close, { stay }) {
  const view = stay ? inView() : null;
  const isWithin = byId("article").contains(document.activeElement);
  const text = textOf(article.text, [
    ...article.spans.map(({ start, end, kind }) => ({ start, end, name: kind })),
    ...(span ? [{ ...span, name: "cited" }] : []),
    ...values.map((value) => ({ ...value, name: "value" })),
  ]);
  fill([
    head(article, close, sentenceButton(article, text)),
    el("div", { class: "pane-scroll", tabindex: "0", role: "region", "aria-label": t("article_text") },
      article.spans.some(isNoise) ? el("p", { class: "small muted legend" }, t("noise_note")) : null, text),
  ]);
  if (!stay || isWithin) byId("article-title").focus({ preventScroll: true });
  const held = drawNear(text, view?.start ?? toUnits(article.text)(span?.start ?? 0));
  if (!view) reveal(text.querySelector("mark.cited"));
  else if (held) scroller().scrollTop += held.getBoundingClientRect().top - view.top;
}

/** The first stretch in view, by where it begins, and how far down it stands. */
function inView() {
  const edge = scrolls() ? scroller().getBoundingClientRect().top : 0;
  const found = [...document.querySelectorAll("#article .stretch")].find((one) => one.getBoundingClientRect().bottom > edge);
  return found ? { start: Number(found.dataset.start), top: found.getBoundingClientRect().top } : null;
}

const pane = () => byId("article").querySelector(".pane-scroll");
const scrolls = () => getComputedStyle(pane()).overflowY !== "visible";
const scroller = () => (scrolls() ? pane() : document.scrollingElement);

function head(article, close, tool = null) {
  const back = el("button", { type: "button", class: "icon-button", "aria-label": t("close_article"), on: { click: close } }, icon("close"));
  return el("header", { class: "pane-head" },
    el("div", {},
      el("h2", { id: "article-title", tabindex: "-1", lang: languageOf(article?.title ?? "") }, article ? article.title || article.id : t("article")),
      article ? el("p", { class: "meta" }, ...metaOf(article)) : null,
      article ? originalButton(article) : null,
      tool),
    back);
}

/** Bring the cited sentence to the middle: of the pane where that scrolls, of the window where it does not. */
function reveal(mark) {
  if (!scrolls()) {
    (mark ?? byId("article")).scrollIntoView({ block: mark ? "center" : "start" });
    return;
  }
  const place = mark ? mark.getBoundingClientRect().top - pane().getBoundingClientRect().top + pane().scrollTop : 0;
  const height = mark ? mark.getBoundingClientRect().height : 0;
  pane().scrollTo({ top: Math.max(0, place - Math.max(24, (pane().clientHeight - height) / 2)) });
}
