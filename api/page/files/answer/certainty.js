/** How sure an answer is, in a word, and what share of such answers was right when it was measured. */

import { el } from "../base/dom.js";
import { t } from "../base/i18n.js";

const KNOWN = ["high", "medium", "low"];

/** The word with its meaning on hover and focus; null where the answer does not say. */
export function certaintyChip(certainty) {
  if (!KNOWN.includes(certainty)) return null;
  const tip = el("span", { class: "tip", role: "tooltip", id: "certainty-tip" }, t(`certainty_${certainty}_means`));
  const word = el("button", { type: "button", class: "certainty-word", "aria-describedby": "certainty-tip" },
    el("span", { class: "dots", "aria-hidden": "true" }, ...KNOWN.map(() => el("span", { class: "dot" }))),
    t("certainty"), " ", el("strong", {}, t(`certainty_${certainty}`)));
  const chip = el("span", { class: `certainty ${certainty}` }, word, tip);
  chip.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || chip.classList.contains("off")) return;
    chip.classList.add("off");
    event.stopPropagation();
  });
  for (const event of ["mouseleave", "focusout"]) chip.addEventListener(event, () => chip.classList.remove("off"));
  return chip;
}

export const certaintyWord = (certainty) => (KNOWN.includes(certainty) ? t(`certainty_${certainty}`) : "");
