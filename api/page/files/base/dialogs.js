/** Questions to the person, in the browser's own modal element: it keeps the focus and gives it back. */

import { announce, el } from "./dom.js";
import { t } from "./i18n.js";
import { problemText } from "./text.js";

let number = 0;

/**
 * True when confirmed; false on cancel, Escape, or a click beside the dialog. With `act` the dialog stays until that has
 * succeeded, and says what went wrong; closed before, it waits for what was begun, which cannot be called back.
 */
export function openDialog({ title, body, confirm, danger = false, focus = null, act = null }) {
  const titleId = `dialog-title-${(number += 1)}`;
  const cancel = el("button", { type: "button", class: "secondary" }, t("cancel"));
  const problem = el("p", { class: "error-text", role: "alert" });
  const yes = el("button", { type: "submit", value: "yes", class: danger ? "danger" : "primary" }, confirm);
  const form = el("form", { method: "dialog" },
    el("h2", { id: titleId }, title),
    ...body,
    act ? problem : null,
    el("div", { class: "dialog-actions" }, cancel, yes));
  const dialog = el("dialog", { "aria-labelledby": titleId }, form);
  let acting = null; // the promise whether it has succeeded
  form.addEventListener("submit", (event) => {
    if (!act) return;
    event.preventDefault();
    yes.disabled = true;
    acting = act().then(() => {
      dialog.close("yes");
      return true;
    }, (error) => {
      problem.textContent = problemText(error);
      if (!dialog.open) announce(problem.textContent);
      yes.disabled = false;
      return false;
    });
  });
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
      resolve(acting ?? dialog.returnValue === "yes");
    }, { once: true });
  });
}
