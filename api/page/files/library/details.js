/** What is said of an article beside its text: source, date, collection, title, address; asked for and mended. */

import { openDialog } from "../base/dialogs.js";
import { announce, el } from "../base/dom.js";
import { languageOf, showDate, t } from "../base/i18n.js";
import { problemText } from "../base/text.js";
import { editArticle, getArticle, listCollections, listSources } from "../service/api.js";

const HOW = {
  entered: "known_entered", properties: "known_properties", letterhead: "known_letterhead", From: "known_mail", Date: "known_mail",
  Subject: "known_mail", stated: "known_stated", inferred: "known_stated", "JSON-LD": "known_web", "og:site_name": "known_web",
};
const WHOLE = ["title", "source", "published_at", "collection", "url"];
const SHORT = ["source", "published_at", "collection"];
const LONGEST = { title: 2000, source: 2000, url: 2000, published_at: 40, collection: 100 };
const WRITTEN_DATE = /(?:19|20)\d\d\s?(?:년|[-./])\s?\d{1,2}\s?(?:월|[-./])\s?\d{1,2}(?!\d)/;
const OFFICE = /^[가-힣A-Za-z0-9·()\s]{1,18}(?:시청|군청|구청|도청|교육청|경찰청|세무서|보건소|주민센터|복지부|[가-힣]부|[가-힣]처|공사|공단|재단|협회|위원회|대학교|학교|센터|은행|병원)(?:장)?$/;
const LINES = 6; // at either end of a letter, where its sender stands
let number = 0;

/** Ask for the whole of it in a dialog; true when something was changed. */
export async function editDetails(id) {
  const article = await getArticle(id);
  const form = fields(article, WHOLE);
  const act = () => save(article, form);
  const done = await openDialog({ title: t("edit_title"), body: [form.root], confirm: t("save"), focus: form.inputs.source, act });
  if (done) announce(t("saved"));
  return done;
}

/** The fields that an upload asks for, filled with what was found or `typed`; `then` is called when they are saved. */
export function askDetails(article, then, typed = {}) {
  const form = fields(article, SHORT);
  for (const [name, value] of Object.entries(typed)) form.inputs[name].value = value;
  const button = el("button", { type: "submit", class: "secondary" }, t("save"));
  const problem = el("p", { class: "error-text", role: "alert" });
  const root = el("form", { class: "details", "aria-label": t("edit_label", { title: article.title || article.id }) }, form.root, el("div", { class: "details-foot" }, problem, button));
  root.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      await save(article, form);
      announce(t("saved"));
      await then();
    } catch (error) {
      problem.textContent = problemText(error);
      button.disabled = false;
    }
  });
  return root;
}

/** What is written in such fields, by their names. */
export const valuesOf = (form) => Object.fromEntries([...form.querySelectorAll("input")].map(({ name, value }) => [name, value]));

/** Source, date and collection in a line, each with how it is known. */
export function detailsLine({ source, published_at: date, collection, known_by: known = {} }) {
  return el("p", { class: "meta" },
    collection ? el("span", { class: "tag", lang: languageOf(collection) }, collection) : null,
    el("span", { lang: languageOf(source ?? "") }, source || t("no_source"), ...basis(known.source)),
    el("span", {}, showDate(date), ...basis(known.published_at)));
}

const basis = (how) => (how && how !== "unknown" ? [" ", el("span", { class: "basis" }, `(${howKnown(how)})`)] : []);

/** Where a value came from, as one says it. */
const howKnown = (how) => (HOW[how] ? t(HOW[how]) : t("known_label", { label: how }));

async function save(article, { inputs }) {
  const said = Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]);
  const changed = said.filter(([name, value]) => value !== (article[name] ?? ""));
  if (changed.length) await editArticle(article.id, Object.fromEntries(changed.map(([name, value]) => [name, value || null])));
}

/** {root, inputs} of the fields named; what is not known is proposed where the text says it. */
function fields(article, names) {
  const own = (number += 1);
  const proposed = { source: article.source ? "" : officeIn(article.text), published_at: article.published_at ? "" : dateIn(article.text) };
  const inputs = {};
  const rows = names.map((name) => {
    const id = `details-${own}-${name}`;
    const note = noteOf(article, name, proposed[name]);
    inputs[name] = el("input", { type: "text", id, name, maxlength: LONGEST[name], autocomplete: "off", value: article[name] || proposed[name] || null,
      list: ["source", "collection"].includes(name) ? `${id}-known` : null, "aria-describedby": note ? `${id}-note` : null });
    return el("div", { class: "field" }, el("label", { for: id, class: "field-label" }, t(`field_${name}`)), inputs[name],
      ["source", "collection"].includes(name) ? el("datalist", { id: `${id}-known` }) : null,
      note ? el("p", { class: "field-note", id: `${id}-note` }, note) : null);
  });
  const root = el("div", { class: "details-fields" }, ...rows);
  propose(root, `details-${own}-source-known`, listSources, ({ sources }) => sources.map(({ source }) => source));
  propose(root, `details-${own}-collection-known`, listCollections, ({ collections }) => collections.map(({ collection }) => collection));
  return { root, inputs };
}

function noteOf(article, name, proposed) {
  const { known_by: known = {} } = article;
  if (proposed) return t(name === "source" ? "proposed_source" : "proposed_date");
  if (article[name] && known[name] && name !== "collection" && name !== "title") return t("known_by", { how: howKnown(known[name]) });
  return { published_at: t("date_form"), collection: t("collection_note") }[name] ?? null;
}

async function propose(root, id, list, names) {
  const known = root.querySelector(`#${id}`);
  if (known) known.replaceChildren(...(await list().then(names, () => [])).map((value) => el("option", { value })));
}

const dateIn = (text) => WRITTEN_DATE.exec(text)?.[0].trim() ?? "";

/** A line of its own at the head or the foot that is the name of an office. */
function officeIn(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return [...lines.slice(0, LINES), ...lines.slice(-LINES)].find((line) => OFFICE.test(line)) ?? "";
}
