/** The articles there are: found by title or text, in several orders, opened beside the list, deleted for good. */

import { marked, placeOf } from "../answer/finding.js";
import { openDialog } from "../base/dialogs.js";
import { announce, byId, el, icon } from "../base/dom.js";
import { count, language, languageOf, showDate, t } from "../base/i18n.js";
import { go, here } from "../base/place.js";
import { problemText } from "../base/text.js";
import { deleteArticle, editArticle, listArticles, listCollections, searchText } from "../service/api.js";
import { forgetArticles } from "../service/articles.js";
import { learnRights } from "../service/rights.js";
import { isShown } from "./article.js";
import { editDetails } from "./details.js";
import { goldList } from "./gold.js";
import { isSample, samplesHeld, samplesNote } from "./samples.js";

const PAGE = 20;
const TYPING_MS = 250;
const ALL = "";
const ORDERS = ["added", "newest", "oldest", "title"];
const SNIPPET = 160;
const TEXT_HITS = 10;
let parts = null;
let running = null;
let looked = ""; // for what the list was last read
let cursor = null;
let total = 0;
let listed = []; // the articles in the list
let said = () => ""; // what is said below it, in the language of now
let choose = () => {};
let changed = () => {};

/** Build the view once; `pick` opens the file chooser, `onChange` hears of what was deleted. */
export function buildLibrary(pick, onChange) {
  [choose, changed] = [pick, onChange];
  const search = el("input", { type: "search", id: "library-search", class: "search", placeholder: t("library_search"),
    "aria-label": t("library_search"), maxlength: 200, autocomplete: "off" });
  const order = el("select", { id: "library-order", class: "order", on: { change: () => load() } },
    ...ORDERS.map((name) => el("option", { value: name }, t(`order_${name}`))));
  const collection = el("select", { id: "library-collection", class: "order", hidden: true, "aria-label": t("field_collection"), on: { change: () => load() } });
  const list = el("ul", { class: "rows", "aria-labelledby": "library-title" });
  const note = el("div", { class: "library-note", role: "status" });
  const samples = el("div", {});
  const gold = el("div", { "data-judge": true });
  const inText = el("section", { class: "in-text", "aria-label": t("in_text"), hidden: true });
  const more = el("button", { type: "button", class: "secondary more", hidden: true, on: { click: () => load({ further: true }) } }, t("more"));
  const size = el("p", { class: "muted", id: "library-size" });
  const all = el("input", { type: "checkbox", id: "pick-all", on: { change: () => pickAll(all.checked) } });
  const remove = el("button", { type: "button", class: "danger", hidden: true, on: { click: deletePicked } });
  const move = el("button", { type: "button", class: "secondary", hidden: true, on: { click: movePicked } });
  const picking = el("div", { class: "picking", "data-write": true }, el("label", { for: "pick-all" }, all, " ", t("pick_all")), move, remove);
  byId("view-library").replaceChildren(
    el("div", { class: "library-head" },
      el("div", {}, el("h1", { class: "view-title", id: "library-title", tabindex: "-1" }, t("library")), size),
      el("button", { type: "button", class: "primary", "data-write": true, on: { click: choose } }, icon("upload"), t("upload"))),
    el("p", { class: "muted small", "data-write": true }, t("upload_kinds"), " ", el("span", { class: "for-mouse" }, t("upload_drop"))),
    samples,
    el("div", { class: "library-tools" }, search, collection, el("label", { for: "library-order", class: "unseen" }, t("order")), order),
    picking, list, note, more, inText, gold);
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, TYPING_MS);
  });
  parts = { search, collection, order, list, note, more, size, all, move, remove, picking, samples, inText, gold };
}

/** Say the view anew: what is looked for, listed and picked stays. */
export function translateLibrary() {
  const { search, order, collection } = parts;
  const chosen = new Set(picked().map(({ dataset }) => dataset.article));
  buildLibrary(choose, changed);
  parts.search.value = search.value;
  parts.order.value = order.value;
  parts.collection.append(...collection.options);
  parts.collection.value = collection.value;
  parts.collection.hidden = collection.hidden;
  parts.list.append(...listed.map(row));
  for (const box of boxes()) box.checked = chosen.has(box.closest(".row").dataset.article);
  say();
  showSize();
  showPicked();
  if (here().view === "library") showBesides(running.signal).catch(() => {});
}

/** Read the list anew from its beginning, or its next page. */
export async function load({ further = false } = {}) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  if (!further) looked = parts.search.value.trim();
  const query = { limit: PAGE, q: looked, collection: parts.collection.value, order: parts.order.value, cursor: further ? cursor : null };
  parts.list.setAttribute("aria-busy", "true");
  try {
    const page = await listArticles(query, { signal, onWait: ({ title }) => say(() => `${title} · ${t("waiting")}`) });
    listed = further ? [...listed, ...page.articles] : page.articles;
    const rows = page.articles.map(row);
    parts.list[further ? "append" : "replaceChildren"](...rows);
    ({ next_cursor: cursor, total } = page);
    if (further) rows[0]?.querySelector(".opener").focus();
    sayWhetherAny();
    showSize();
    showPicked();
    if (!further) {
      parts.inText.hidden = true;
      await showBesides(signal);
    }
  } catch (error) {
    if (error.name !== "AbortError") say(() => problemText(error));
  } finally {
    if (!signal.aborted) parts.list.setAttribute("aria-busy", "false");
  }
}

const sayWhetherAny = () => say(() => (listed.length ? "" : t(looked ? "library_no_match" : "library_empty")));

/** What stands around the list. */
const showBesides = (signal) => Promise.all([showSamples(signal), showCollections(), showGold(signal), looked ? showInText(looked, signal) : null]);

/** The collections there are, to list one of them alone. */
async function showCollections() {
  const { collections } = await listCollections();
  const chosen = parts.collection.value;
  const names = collections.map(({ collection }) => collection);
  parts.collection.hidden = !names.length;
  parts.collection.replaceChildren(el("option", { value: ALL }, t("all_collections")), ...names.map((name) => el("option", { value: name }, name)));
  parts.collection.value = names.includes(chosen) ? chosen : ALL;
  if (parts.collection.value !== chosen) load();
}

async function showGold(signal) {
  await learnRights();
  const list = looked ? null : await goldList();
  if (signal.aborted) return; // something else is looked for by now
  parts.gold.replaceChildren(...(list ? [list] : []));
}

async function showSamples(signal = null) {
  const ids = looked ? [] : await samplesHeld();
  if (signal?.aborted) return;
  parts.samples.replaceChildren(...(ids.length ? [samplesNote(ids, whenGone)] : []));
}

function whenGone() {
  forgetArticles();
  changed();
  byId("library-title").focus();
}

/** Articles whose text has the words, each with the place. */
async function showInText(words, signal) {
  const { passages } = await searchText(words, { signal });
  const wanted = words.toLowerCase().split(/\s+/).map((word) => (word.length > 2 ? word.slice(0, -1) : word));
  const firsts = new Map();
  for (const passage of passages) {
    const text = passage.text.toLowerCase();
    if (wanted.every((word) => text.includes(word)) && !firsts.has(passage.article_id)) firsts.set(passage.article_id, passage);
  }
  const known = new Set(listed.map(({ id }) => id));
  const found = [...firsts.values()].filter(({ article_id: id }) => !known.has(id)).slice(0, TEXT_HITS);
  parts.inText.hidden = !found.length;
  if (found.length) say(() => "");
  if (!known.size) parts.size.textContent = count("articles", found.length);
  parts.inText.replaceChildren(el("h2", { class: "block-title" }, t("in_text")),
    el("ul", { class: "cards" }, ...found.map((passage) => el("li", { class: "card text-hit" },
      el("h3", { class: "source-title" }, el("button", { type: "button", class: "opener", lang: languageOf(passage.title), on: { click: () => go(placeOf(passage)) } }, passage.title || passage.article_id)),
      el("p", { class: "passage", lang: languageOf(passage.text) }, ...marked(snippet(passage.text, wanted[0])))))));
}

function snippet(text, word) {
  const found = Math.max(0, text.toLowerCase().indexOf(word) - SNIPPET / 3);
  const from = found > 20 ? found : 0;
  return `${from ? "… " : ""}${text.slice(from, from + SNIPPET).replace(/\s+/g, " ").trim()}${from + SNIPPET < text.length ? " …" : ""}`;
}

function say(words = said) {
  said = words;
  parts.note.textContent = words();
}

function showSize() {
  parts.more.hidden = !cursor;
  parts.picking.hidden = !parts.list.childElementCount;
  parts.size.textContent = count("articles", total);
}

function row(article) {
  const title = article.title || article.id;
  const button = el("button", { type: "button", class: "opener", lang: languageOf(title), on: { click: () => go({ article: article.id, at: "" }) } }, title);
  const remove = el("button", { type: "button", class: "icon-button danger-icon", "data-write": true, "aria-label": t("delete_label", { title }) }, icon("trash"));
  const edit = el("button", { type: "button", class: "icon-button", "data-write": true, "aria-label": t("edit_label", { title }), on: { click: () => editRow(item) } }, icon("edit"));
  const chosen = el("input", { type: "checkbox", class: "pick", "data-write": true, "aria-label": t("pick_label", { title }), on: { change: showPicked } });
  const item = el("li", { class: "row", "data-article": article.id }, chosen,
    el("div", { class: "row-body" }, el("h2", { class: "row-title" }, button), el("p", { class: "meta" }, ...metaOf(article))), edit, remove);
  remove.addEventListener("click", () => confirmDelete([item]));
  return item;
}

/** Mend what is said of an article, and show it so, in its place. */
async function editRow(item) {
  try {
    if (!(await editDetails(item.dataset.article))) return;
    await changed();
    [...parts.list.children].find((one) => one.dataset.article === item.dataset.article)?.querySelector(".opener").focus();
  } catch (error) {
    say(() => problemText(error));
  }
}

function metaOf({ id, source, published_at: date, characters, collection }) {
  return [
    collection ? el("span", { class: "tag", lang: languageOf(collection) }, collection) : null,
    isSample(id) ? el("span", { class: "tag" }, t("sample")) : null,
    el("span", { lang: languageOf(source ?? "") }, source || t("no_source")),
    el("span", {}, showDate(date)),
    el("span", {}, t("characters", { n: characters.toLocaleString(language) })),
  ];
}

const boxes = () => [...parts.list.querySelectorAll(".pick")];
const picked = () => boxes().filter((box) => box.checked).map((box) => box.closest(".row"));

function pickAll(on) {
  for (const box of boxes()) box.checked = on;
  showPicked();
}

function showPicked() {
  const chosen = picked();
  for (const button of [parts.move, parts.remove]) button.hidden = !chosen.length;
  parts.move.textContent = t("move");
  parts.remove.textContent = count("delete_picked", chosen.length);
  parts.all.checked = chosen.length > 0 && chosen.length === boxes().length;
  parts.all.indeterminate = chosen.length > 0 && chosen.length < boxes().length;
}

/** Keep all that are picked in one collection, or in none. */
async function movePicked() {
  const ids = picked().map((item) => item.dataset.article);
  const { collections } = await listCollections().catch(() => ({ collections: [] }));
  const field = el("input", { id: "move-to", type: "text", maxlength: 100, list: "move-known", autocomplete: "off" });
  const body = [el("label", { for: "move-to", class: "field-label" }, t("field_collection")), field,
    el("datalist", { id: "move-known" }, ...collections.map(({ collection }) => el("option", { value: collection }))),
    el("p", { class: "field-note" }, t("collection_note"))];
  const act = async () => { for (const id of ids) await editArticle(id, { collection: field.value.trim() || null }); };
  if (!(await openDialog({ title: count("move_title", ids.length), body, confirm: t("move"), focus: field, act }))) return;
  announce(t("saved"));
  await changed();
  byId("library-title").focus();
}

/** Take an article off the list. */
function drop(id) {
  listed = listed.filter((article) => article.id !== id);
  [...parts.list.children].find((item) => item.dataset.article === id)?.remove();
}

const deletePicked = () => confirmDelete(picked());
const titleOf = (item) => item.querySelector(".opener").textContent;

async function confirmDelete(items) {
  const names = items.map((item) => el("li", { lang: languageOf(titleOf(item)) }, titleOf(item)));
  const body = [el("ul", { class: "dialog-name" }, ...names), el("p", { class: "muted" }, t("delete_text"))];
  if (!(await openDialog({ title: count("delete_title", items.length), body, confirm: t("delete"), danger: true }))) return;
  const next = (items.at(-1).nextElementSibling ?? items[0].previousElementSibling)?.querySelector(".opener") ?? byId("library-title");
  let gone = 0;
  try {
    for (const item of items) {
      const number = gone + 1;
      if (items.length > 1) say(() => t("deleting_of", { n: number, total: items.length }));
      await deleteArticle(item.dataset.article);
      if (isShown(item.dataset.article)) go({ article: "", at: "" });
      drop(item.dataset.article);
      gone += 1;
      total -= 1;
    }
    say(() => "");
    announce(count("deleted", gone));
  } catch (error) {
    say(() => problemText(error));
    announce(error.title);
  }
  forgetArticles();
  if (gone) next.focus();
  showSize();
  showPicked();
  if (gone) showSamples().catch(() => {});
}
