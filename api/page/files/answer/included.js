/** What was added to the question from those before it, to be taken away. */

import { el } from "../base/dom.js";
import { languageOf, t } from "../base/i18n.js";

/** `alone` asks the same question without the questions before it. */
export function included({ added = [], completed }, alone) {
  if (!added.length) return null;
  const words = added.join(" ");
  return el("p", { class: "included small", title: completed },
    el("span", { lang: languageOf(words) }, t("included", { words })),
    el("button", { type: "button", class: "plain", "aria-label": t("take_away", { words }), title: t("take_away", { words }), on: { click: alone } }, "×"));
}
