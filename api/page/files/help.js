/** How to use the page, without the net. */

import { byId, el } from "./dom.js";
import { t } from "./i18n.js";

const SECTIONS = ["ask", "answer", "certainty", "refusal", "library", "keep", "keys", "own"];

export function buildHelp() {
  byId("view-help").replaceChildren(
    el("h1", { class: "view-title", id: "help-title", tabindex: "-1" }, t("help")),
    ...SECTIONS.map((name) => el("section", { class: "help" },
      el("h2", { class: "block-title" }, t(`help_${name}`)),
      ...t(`help_${name}_text`).split("\n").map((line) => el("p", {}, line)))));
}
