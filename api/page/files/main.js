/** Puts the page together: what the address says is what is shown. */

import { answer, buildAsk, onTouch, showAsk } from "./ask.js";
import { forgetArticle, hideArticle, showArticle } from "./article.js";
import { byId, el } from "./dom.js";
import { switchLanguage, t, translatePage } from "./i18n.js";
import { currentKey, forgetKey } from "./keys.js";
import { buildLibrary, load } from "./library.js";
import { follow, go, here, readSpan } from "./place.js";
import { buildUploads, pickFiles } from "./uploads.js";
import { showWelcome } from "./welcome.js";

const NOTHING_ASKED = { q: "", from: "", to: "", source: "" };
const closeArticle = () => go({ article: "", at: "" });
let shown = null; // the place
let opener = null; // what had the focus when the article was opened

function show(place) {
  const before = shown;
  shown = place;
  const library = place.view === "library";
  byId("view-ask").hidden = library;
  byId("view-library").hidden = !library;
  for (const [id, current] of [["nav-ask", !library], ["nav-library", library]]) {
    byId(id)[current ? "setAttribute" : "removeAttribute"]("aria-current", "page");
  }
  document.title = library ? `${t("library")} · ${t("brand")}` : place.q ? `${place.q} · ${t("brand")}` : t("page_title");
  if (library && before?.view !== "library") load();
  if (!library) showAsk(place);
  if (!library && !place.q) welcome();
  showPane(place, before);
}

/** The article and the stretch of it that the place names; the values are those of the citation, if it is one. */
function showPane(place, before) {
  const same = before && before.view === place.view && before.q === place.q;
  if (place.article) {
    if (!byId("article").contains(document.activeElement)) opener = document.activeElement;
    const cited = answer?.citations.find(({ article_id: id, start, end }) => id === place.article && `${start}-${end}` === place.at);
    showArticle(place.article, readSpan(place.at), cited?.highlights ?? [], closeArticle);
  } else if (before?.article) {
    hideArticle();
    if (same) opener?.focus();
  }
  for (const card of document.querySelectorAll("[data-at]")) {
    card.classList.toggle("current", card.dataset.at === `${place.article}\n${place.at}`);
  }
}

let welcomed = false;
function welcome() {
  if (welcomed) return;
  welcomed = true;
  showWelcome(pickFiles);
}

/** The library has changed: an open article may be another now, and so may what there is to ask. */
function libraryChanged() {
  forgetArticle();
  welcomed = false;
  if (here().view === "library") load();
  else if (!here().q) welcome();
}

function showOffline() {
  byId("offline").textContent = navigator.onLine ? "" : t("offline_banner");
}

function showKeyNote() {
  const forget = el("button", { type: "button", class: "plain", on: { click: () => { forgetKey(); location.reload(); } } }, t("key_forget"));
  byId("key-note").replaceChildren(...(currentKey() ? [t("key_kept"), " ", forget] : []));
}

function followLinks(event) {
  const link = event.target.closest?.("#nav-ask, #nav-library, .brand");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const library = link.id === "nav-library";
  const back = link.id === "nav-ask" && here().view === "library"; // to the answer left behind
  go({ article: "", at: "", view: library ? "library" : "", ...(library || back ? {} : NOTHING_ASKED) });
  byId(library ? "library-title" : "question").focus();
}

function start() {
  translatePage();
  byId("language").textContent = t("other_language");
  byId("language").lang = t("other_language_tag");
  byId("language").addEventListener("click", switchLanguage);
  document.addEventListener("click", followLinks);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && here().article && !document.querySelector("dialog[open]")) closeArticle();
  });
  for (const event of ["online", "offline"]) window.addEventListener(event, showOffline);
  window.addEventListener("key", showKeyNote);
  window.addEventListener("answer", () => showPane(shown, shown));
  buildAsk();
  buildLibrary(pickFiles);
  buildUploads(libraryChanged);
  showOffline();
  showKeyNote();
  follow(show);
  if (!here().view && !here().article && !onTouch()) byId("question").focus();
  document.documentElement.dataset.ready = "true";
  performance.mark("usable");
}

start();
