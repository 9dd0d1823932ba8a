/** Questions to the person, in the browser's own modal element: it keeps the focus and gives it back. */

import { el } from "./dom.js";
import { t } from "./i18n.js";

let number = 0;

/** True when confirmed; false on cancel, Escape, or a click beside the dialog. */
export function openDialog({ title, body, confirm, danger = false, focus = null }) {
  const titleId = `dialog-title-${(number += 1)}`;
  const cancel = el("button", { type: "button", class: "secondary" }, t("cancel"));
  const dialog = el("dialog", { "aria-labelledby": titleId },
    el("form", { method: "dialog" },
      el("h2", { id: titleId }, title),
      ...body,
      el("div", { class: "dialog-actions" },
        cancel, el("button", { type: "submit", value: "yes", class: danger ? "danger" : "primary" }, confirm))));
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  (focus ?? cancel).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    }, { once: true });
  });
}
