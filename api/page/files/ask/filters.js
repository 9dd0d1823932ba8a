/** The conditions on a question: from when, to when, and whose. */

import { byId, el, icon } from "../base/dom.js";
import { count, showDate, t } from "../base/i18n.js";
import { listCollections, listSources } from "../service/api.js";

let fields = null;

/** Say the controls anew, with what was written in them. */
export function translateFilters(place) {
  const written = readFilters();
  const names = namesOffered();
  const open = !fields.panel.hidden;
  buildFilters();
  fillCollections(names, "");
  writeFilters(place);
  setFilters(written);
  show(open);
}

/** Build the controls; they are part of the question's form. */
export function buildFilters() {
  const [from, to] = ["filter-from", "filter-to"].map((id) => el("input", { type: "date", id }));
  const source = el("input", { type: "text", id: "filter-source", list: "sources", maxlength: 500 });
  const names = el("datalist", { id: "sources" });
  const within = el("select", { id: "filter-collection" });
  const collection = el("div", { class: "field", hidden: true }, el("label", { for: within.id, class: "field-label" }, t("field_collection")), within);
  const panel = el("fieldset", { id: "filter-panel", class: "filter-panel", hidden: true },
    el("legend", { class: "unseen" }, t("filters")),
    labelled(t("filter_from"), from), labelled(t("filter_to"), to), labelled(t("filter_source"), source), names, collection,
    el("div", { class: "filter-actions" },
      el("button", { type: "submit", class: "secondary" }, t("apply")),
      el("button", { type: "button", class: "plain", on: { click: clear } }, t("clear"))));
  const toggle = el("button", { type: "button", class: "plain filter-toggle", "aria-expanded": "false", "aria-controls": "filter-panel" },
    icon("filter"), el("span", {}, t("filters")));
  toggle.addEventListener("click", () => show(panel.hidden));
  for (const field of [from, to]) {
    field.addEventListener("input", checkOrder);
    field.addEventListener("invalid", () => show(true)); // what is hidden could not say what is wrong with it
  }
  fields = { from, to, source, names, within, collection, panel, toggle };
  byId("filters").replaceChildren(toggle, panel);
}

const labelled = (words, field) => el("div", { class: "field" }, el("label", { for: field.id, class: "field-label" }, words), field);

function show(open) {
  fields.panel.hidden = !open;
  fields.toggle.setAttribute("aria-expanded", String(open));
  if (open) proposeSources();
  if (open) offerCollections();
}

const namesOffered = () => [...fields.within.options].map(({ value }) => value).filter(Boolean);

function clear() {
  for (const field of [fields.from, fields.to, fields.source, fields.within]) field.value = "";
  checkOrder();
  fields.from.form.requestSubmit();
}

function checkOrder() {
  const { from, to } = fields;
  to.setCustomValidity(from.value && to.value && to.value < from.value ? t("date_order") : "");
}

async function proposeSources() {
  const { sources } = await listSources().catch(() => ({ sources: [] }));
  fields.names.replaceChildren(...sources.map(({ source, articles }) => el("option", { value: source }, count("articles", articles))));
}

async function offerCollections() {
  const { collections } = await listCollections().catch(() => ({ collections: [] }));
  if (collections.length) fillCollections(collections.map(({ collection }) => collection), fields.within.value);
}

/** The choice of a collection, which a place may name before the service has told which there are. */
function fillCollections(names, chosen) {
  const all = chosen && !names.includes(chosen) ? [chosen, ...names] : names;
  fields.within.replaceChildren(el("option", { value: "" }, t("all_collections")), ...all.map((name) => el("option", { value: name }, name)));
  fields.within.value = chosen;
  fields.collection.hidden = !all.length;
}

/** {from, to, source, in} as they stand in the controls. */
export const readFilters = () => ({ from: fields.from.value, to: fields.to.value, source: fields.source.value.trim(), in: fields.within.value });

/** Set the controls to a place's filters, say them on the button, and make room for the answer. */
export function writeFilters({ from, to, source, in: within }) {
  if (fields.panel.contains(document.activeElement)) fields.toggle.focus();
  show(false);
  setFilters({ from, to, source, in: within });
  const said = [within, periodOf({ from, to }), source].filter(Boolean).join(" · ");
  fields.toggle.lastChild.textContent = said || t("filters");
  fields.toggle.classList.toggle("on", Boolean(said));
}

function setFilters({ from, to, source, in: within }) {
  Object.assign(fields.from, { value: from });
  Object.assign(fields.to, { value: to });
  Object.assign(fields.source, { value: source });
  fillCollections(namesOffered(), within);
  checkOrder();
}

/** "2024년 1월 1일 – 2024년 2월 1일", either end left out where it is open; "" where both are. */
export const periodOf = ({ from, to }) => (from || to ? `${from && showDate(from)} – ${to && showDate(to)}`.trim() : "");

/** As the API takes them. */
export function toRequest({ from, to, source, in: within }) {
  return { ...(from && { date_from: from }), ...(to && { date_to: to }), ...(source && { source }), ...(within && { collection: within }) };
}
