/** Puts the page together: what the address says is what is shown. */

import { answer, buildAsk, onTouch, showAsk, translateAsk } from "./ask/ask.js";
import { showWelcome } from "./ask/welcome.js";
import { byId, el } from "./base/dom.js";
import { switchLanguage, t, translatePage } from "./base/i18n.js";
import { follow, go, here, readSpan } from "./base/place.js";
import { buildTheme } from "./base/theme.js";
import { hideArticle, showArticle } from "./library/article.js";
import { buildLibrary, load, translateLibrary } from "./library/library.js";
import { buildUploads, pickFiles, translateUploads } from "./library/uploads.js";
import { forgetArticles } from "./service/articles.js";
import { currentKey, forgetKey } from "./service/keys.js";
import { forgetRights, learnRights } from "./service/rights.js";

const HELP = ["ask", "answer", "certainty", "refusal", "library", "collections", "verdicts", "keep", "keys", "own"];
const NOTHING_ASKED = { q: "", from: "", to: "", source: "", in: "" };
const closeArticle = () => go({ article: "", at: "" });
let shown = null; // the place
let opener = null; // what had the focus when the article was opened

const VIEWS = ["ask", "library", "help"];
const viewOf = ({ view }) => (VIEWS.includes(view) ? view : "ask");

function show(place) {
  const before = shown;
  shown = place;
  const view = viewOf(place);
  for (const name of VIEWS) {
    byId(`view-${name}`).hidden = name !== view;
    byId(`nav-${name}`)[name === view ? "setAttribute" : "removeAttribute"]("aria-current", "page");
  }
  showTitle(place);
  if (view === "library") welcomed = false; // what there is may be changed there
  if (view === "library" && before?.view !== "library") load();
  if (view === "ask") showAsk(place);
  if (view === "ask" && !place.q) welcome();
  showPane(place, before);
}

function showTitle(place) {
  const view = viewOf(place);
  const title = view === "ask" ? place.q : t(view);
  document.title = title ? `${title} · ${t("brand")}` : t("page_title");
}

/**
 * The article and the stretch of it that the place names; the values are those of the citation, if it is one. `again`
 * where the place is the same as before and what is known of it has changed.
 */
function showPane(place, before, { again = false } = {}) {
  const same = before && before.view === place.view && before.q === place.q;
  if (place.article) {
    if (!again && !byId("article").contains(document.activeElement)) opener = document.activeElement;
    const shownQuotes = [...(answer?.citations ?? []), ...(answer?.conflicts ?? []).map(({ citation }) => citation)];
    const cited = shownQuotes.find(({ article_id: id, start, end }) => id === place.article && `${start}-${end}` === place.at);
    showArticle(place.article, readSpan(place.at), cited?.highlights ?? [], closeArticle, { again });
  } else if (before?.article) {
    hideArticle();
    if (same) (opener?.isConnected ? opener : openerOf(before))?.focus();
  }
  for (const card of document.querySelectorAll("[data-at]")) {
    card.classList.toggle("current", card.dataset.at === atOf(place));
  }
}

const atOf = ({ article, at }) => `${article}\n${at}`;

/** What opens that place now, for the one that did may have been drawn anew. */
function openerOf(place) {
  return [...document.querySelectorAll("[data-at]")].find((card) => card.dataset.at === atOf(place))?.querySelector(".opener");
}

/** How to use the page, without the net. */
function buildHelp() {
  byId("view-help").replaceChildren(
    el("h1", { class: "view-title", id: "help-title", tabindex: "-1" }, t("help")),
    ...HELP.map((name) => el("section", { class: "help" },
      el("h2", { class: "block-title" }, t(`help_${name}`)),
      ...t(`help_${name}_text`).split("\n").map((line) => el("p", {}, line)))));
}

let welcomed = false;
function welcome() {
  if (welcomed) return;
  welcomed = true;
  showWelcome(pickFiles, libraryChanged).then((done) => { if (!done) welcomed = false; });
}

/** The library has changed: an open article may be another now, and so may what there is to ask. */
function libraryChanged() {
  forgetArticles();
  welcomed = false;
  if (shown.article) showPane(shown, shown, { again: true });
  if (here().view === "library") return load();
  if (!here().q) welcome();
  return null;
}

function showOffline() {
  byId("offline").textContent = navigator.onLine ? "" : t("offline_banner");
}

function showKeyNote() {
  const forget = el("button", { type: "button", class: "plain", on: { click: () => { forgetKey(); location.reload(); } } }, t("key_forget"));
  byId("key-note").replaceChildren(...(currentKey() ? [t("key_kept"), " ", forget] : []));
}

function followLinks(event) {
  const link = event.target.closest?.("#nav-ask, #nav-library, #nav-help, .brand");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const view = link.id === "nav-library" ? "library" : link.id === "nav-help" ? "help" : "";
  const back = link.id === "nav-ask" && here().view; // to the answer left behind
  go({ article: "", at: "", view, ...(view || back ? {} : NOTHING_ASKED) });
  byId(view ? `${view}-title` : "question").focus();
}

/** Keys for the whole page: Escape closes the article, a slash leads to the question. */
function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return; // Escape drops the letter that is being composed
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && here().article) closeArticle();
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (here().view) go({ view: "", article: "", at: "" });
  byId("question").focus();
  byId("question").select();
}

/** Name the button that switches the language in the other one. */
function nameLanguage() {
  byId("language").textContent = t("other_language");
  byId("language").lang = t("other_language_tag");
}

/** Say everything in the language of now: what was written and what is on its way stays. */
function sayAnew() {
  nameLanguage();
  buildHelp();
  showOffline();
  showKeyNote();
  translateAsk(here());
  translateLibrary();
  translateUploads();
  showTitle(shown);
  welcomed = false;
  if (viewOf(shown) === "ask" && !shown.q) welcome();
  if (shown.article) showPane(shown, shown, { again: true });
}

function start() {
  translatePage();
  nameLanguage();
  byId("language").addEventListener("click", switchLanguage);
  document.addEventListener("click", followLinks);
  document.addEventListener("keydown", onKey);
  for (const event of ["online", "offline"]) window.addEventListener(event, showOffline);
  window.addEventListener("key", () => {
    showKeyNote();
    forgetArticles();
    forgetRights();
    learnRights();
    if (viewOf(here()) === "ask" && !here().q) welcome();
  });
  window.addEventListener("language", sayAnew);
  window.addEventListener("answer", () => showPane(shown, shown, { again: true }));
  buildAsk();
  buildTheme();
  buildHelp();
  buildLibrary(pickFiles, libraryChanged);
  buildUploads(libraryChanged);
  showOffline();
  showKeyNote();
  follow(show);
  learnRights();
  if (!here().view && !here().article && !onTouch()) byId("question").focus();
  document.documentElement.dataset.ready = "true";
  performance.mark("usable");
}

start();
