/** The questions asked in this browser; they are kept nowhere else. */

import { byId, el, icon, store, stored } from "../base/dom.js";
import { languageOf, showTime, t } from "../base/i18n.js";
import { go } from "../base/place.js";
import { periodOf } from "./filters.js";

const NAME = "geungeo-history";
const KEPT = 50;
let parts = null;

/** [{q, from, to, source, in, time, answered}], the newest first. */
function read() {
  try {
    const kept = JSON.parse(stored("localStorage", NAME) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.q === "string" && Number.isFinite(one.time)) : [];
  } catch {
    return [];
  }
}

const same = (one, other) => ["q", "from", "to", "source", "in"].every((name) => (one[name] ?? "") === (other[name] ?? ""));

/** Keep a question that was asked, once. */
export function remember({ q, from, to, source, in: within }, answered) {
  const asked = { q, from, to, source, in: within, time: Date.now(), answered };
  const kept = [asked, ...read().filter((one) => !same(one, asked))].slice(0, KEPT);
  store("localStorage", NAME, JSON.stringify(kept));
  draw();
}

/** The button and its panel; stands beside the filters. */
export function buildHistory() {
  const list = el("ul", { class: "past" });
  const panel = el("section", { class: "history-panel", id: "history-panel", "aria-label": t("history"), hidden: true },
    list, el("div", { class: "history-foot" },
      el("p", { class: "muted small" }, t("history_note")),
      el("button", { type: "button", class: "plain", on: { click: forget } }, t("history_clear"))));
  const toggle = el("button", { type: "button", class: "plain history-toggle", "aria-expanded": "false", "aria-controls": "history-panel" },
    icon("history"), el("span", {}, t("history")));
  toggle.addEventListener("click", () => show(panel.hidden));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
    toggle.focus();
  });
  parts = { list, panel, toggle };
  byId("filters").querySelector(".filter-toggle").after(toggle);
  byId("filters").append(panel);
  draw();
}

/** Say it anew; what was open stays so. */
export function translateHistory() {
  const open = !parts.panel.hidden;
  buildHistory();
  show(open);
}

function show(open) {
  parts.panel.hidden = !open;
  parts.toggle.setAttribute("aria-expanded", String(open));
}

export const closeHistory = () => show(false);

function forget() {
  store("localStorage", NAME, null);
  draw();
  byId("question").focus();
}

function draw() {
  const kept = read();
  parts.toggle.hidden = !kept.length;
  if (!kept.length) show(false);
  parts.list.replaceChildren(...kept.map((one) => {
    const { q, from = "", to = "", source = "", in: within = "", time, answered } = one;
    const button = el("button", { type: "button", class: "past-question", lang: languageOf(q), on: { click: () => go({ view: "", q, from, to, source, in: within, article: "", at: "" }) } }, q);
    return el("li", {}, button, el("span", { class: "small muted" },
      [showTime(time), answered ? null : t("not_found"), within, source, periodOf({ from, to })].filter(Boolean).join(" · ")));
  }));
}
