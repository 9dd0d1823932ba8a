/** The file that an article was read from, to be saved, where the service keeps it. */

import { announce, complain, el, icon } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { loadOriginal } from "../service/api.js";

const URL_SECONDS = 60;

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
    const address = URL.createObjectURL(await loadOriginal(id));
    const link = el("a", { download: name });
    link.href = address;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), URL_SECONDS * 1000);
    announce(t("saved"));
  } catch (error) {
    complain(button, error.title);
  }
}
