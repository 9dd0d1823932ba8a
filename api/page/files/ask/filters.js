/** The conditions on a question: from when, to when, and whose. */

import { byId, el, icon } from "../base/dom.js";
import { count, showDate, t } from "../base/i18n.js";
import { listSources } from "../service/api.js";

let fields = null;

/** Build the controls; they are part of the question's form. */
export function buildFilters() {
  const [from, to] = ["filter-from", "filter-to"].map((id) => el("input", { type: "date", id }));
  const source = el("input", { type: "text", id: "filter-source", list: "sources", maxlength: 500 });
  const names = el("datalist", { id: "sources" });
  const panel = el("fieldset", { id: "filter-panel", class: "filter-panel", hidden: true },
    el("legend", { class: "unseen" }, t("filters")),
    labelled(t("filter_from"), from), labelled(t("filter_to"), to), labelled(t("filter_source"), source), names,
    el("div", { class: "filter-actions" },
      el("button", { type: "submit", class: "secondary" }, t("apply")),
      el("button", { type: "button", class: "plain", on: { click: clear } }, t("clear"))));
  const toggle = el("button", { type: "button", class: "plain filter-toggle", "aria-expanded": "false", "aria-controls": "filter-panel" },
    icon("filter"), el("span", {}, t("filters")));
  toggle.addEventListener("click", () => show(panel.hidden));
  for (const field of [from, to]) field.addEventListener("input", checkOrder);
  fields = { from, to, source, names, panel, toggle };
  byId("filters").replaceChildren(toggle, panel);
}

const labelled = (words, field) => el("div", { class: "field" }, el("label", { for: field.id, class: "field-label" }, words), field);

function show(open) {
  fields.panel.hidden = !open;
  fields.toggle.setAttribute("aria-expanded", String(open));
  if (open && !fields.names.childElementCount) proposeSources();
}

function clear() {
  for (const field of [fields.from, fields.to, fields.source]) field.value = "";
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

/** {from, to, source} as they stand in the controls. */
export const readFilters = () => ({ from: fields.from.value, to: fields.to.value, source: fields.source.value.trim() });

/** Set the controls to a place's filters, say them on the button, and make room for the answer. */
export function writeFilters({ from, to, source }) {
  if (fields.panel.contains(document.activeElement)) fields.toggle.focus();
  show(false);
  Object.assign(fields.from, { value: from });
  Object.assign(fields.to, { value: to });
  Object.assign(fields.source, { value: source });
  checkOrder();
  const period = from || to ? `${from ? showDate(from) : ""} – ${to ? showDate(to) : ""}` : "";
  const said = [period.trim(), source].filter(Boolean).join(" · ");
  fields.toggle.lastChild.textContent = said || t("filters");
  fields.toggle.classList.toggle("on", Boolean(said));
}

/** As the API takes them. */
export function toRequest({ from, to, source }) {
  return { ...(from && { date_from: from }), ...(to && { date_to: to }), ...(source && { source }) };
}
