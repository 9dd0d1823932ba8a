/** The articles there are: found by title, opened beside the list, deleted for good. */

import { deleteArticle, listArticles } from "./api.js";
import { forgetArticle, isShown } from "./article.js";
import { openDialog } from "./dialogs.js";
import { announce, byId, el, icon } from "./dom.js";
import { count, language, languageOf, showDate, t } from "./i18n.js";
import { go } from "./place.js";

const PAGE = 20;
const TYPING_MS = 250;
let parts = null;
let running = null;
let looked = ""; // for what the list was last read
let cursor = null;
let total = 0;

/** Build the view once; `pick` opens the file chooser. */
export function buildLibrary(pick) {
  const search = el("input", { type: "search", id: "library-search", class: "search", placeholder: t("library_search"),
    "aria-label": t("library_search"), maxlength: 200, autocomplete: "off" });
  const list = el("ul", { class: "rows", "aria-labelledby": "library-title" });
  const note = el("div", { class: "library-note" });
  const more = el("button", { type: "button", class: "secondary more", hidden: true, on: { click: () => load({ further: true }) } }, t("more"));
  const size = el("p", { class: "muted", id: "library-size" });
  byId("view-library").replaceChildren(
    el("div", { class: "library-head" },
      el("div", {}, el("h1", { class: "view-title", id: "library-title", tabindex: "-1" }, t("library")), size),
      el("button", { type: "button", class: "primary", on: { click: pick } }, icon("upload"), t("upload"))),
    el("p", { class: "muted small" }, t("upload_kinds"), " ", el("span", { class: "for-mouse" }, t("upload_drop"))),
    search, list, note, more);
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, TYPING_MS);
  });
  parts = { search, list, note, more, size };
}

/** Read the list anew from its beginning, or its next page. */
export async function load({ further = false } = {}) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  if (!further) looked = parts.search.value.trim();
  const query = { limit: PAGE, q: looked, cursor: further ? cursor : null };
  parts.list.setAttribute("aria-busy", "true");
  try {
    const page = await listArticles(query, { signal, onWait: ({ title }) => say(`${title} · ${t("waiting")}`) });
    const rows = page.articles.map(row);
    parts.list[further ? "append" : "replaceChildren"](...rows);
    ({ next_cursor: cursor, total } = page);
    if (further) rows[0]?.querySelector("button").focus();
    say(total || further ? "" : t(query.q ? "library_no_match" : "library_empty"));
    showSize();
  } catch (error) {
    if (error.name !== "AbortError") say(`${error.title} ${error.detail ?? ""}`);
  } finally {
    if (!signal.aborted) parts.list.setAttribute("aria-busy", "false");
  }
}

function say(words) {
  parts.note.textContent = words;
}

function showSize() {
  parts.more.hidden = !cursor;
  parts.size.textContent = count("articles", total);
}

function row(article) {
  const title = article.title || article.id;
  const button = el("button", { type: "button", class: "opener", lang: languageOf(title), on: { click: () => go({ article: article.id, at: "" }) } }, title);
  const remove = el("button", { type: "button", class: "icon-button danger-icon", "aria-label": t("delete_label", { title }) }, icon("trash"));
  const item = el("li", { class: "row", "data-article": article.id },
    el("div", { class: "row-body" }, el("h2", { class: "row-title" }, button), el("p", { class: "meta" }, ...metaOf(article))), remove);
  remove.addEventListener("click", () => confirmDelete(article, item));
  return item;
}

function metaOf({ source, published_at: date, characters }) {
  return [
    el("span", { lang: languageOf(source ?? "") }, source || t("no_source")),
    el("span", {}, showDate(date)),
    el("span", {}, t("characters", { n: characters.toLocaleString(language) })),
  ];
}

async function confirmDelete(article, item) {
  const name = el("p", { class: "dialog-name", lang: languageOf(article.title) }, article.title || article.id);
  const body = [name, el("p", { class: "muted" }, t("delete_text"))];
  if (!(await openDialog({ title: t("delete_title"), body, confirm: t("delete"), danger: true }))) return;
  try {
    await deleteArticle(article.id);
  } catch (error) {
    say(`${error.title} ${error.detail ?? ""}`);
    announce(error.title);
    return;
  }
  if (isShown(article.id)) go({ article: "", at: "" });
  forgetArticle();
  const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("button") ?? byId("library-title");
  item.remove();
  next.focus();
  total -= 1;
  showSize();
  announce(t("deleted"));
}
