/** The file that an article was read from, to be saved, where the service keeps it. */

import { announce, complain, el, icon, saveFile } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { loadOriginal } from "../service/api.js";

/** The button that saves it; null where it is not kept. */
export function originalButton({ id, original, title }) {
  if (!original) return null;
  const button = el("button", { type: "button", class: "plain tool", "aria-label": t("original_file_label", { title: title || id }) },
    icon("save"), el("span", {}, t("original_file")));
  button.addEventListener("click", () => save(id, original, button));
  return button;
}

async function save(id, name, button) {
  complain(button, "");
  try {
    saveFile(await loadOriginal(id), name);
    announce(t("saved"));
  } catch (error) {
    complain(button, error.title);
  }
}
