/** The access key: asked for when the service wants one, kept for this tab only. */

import { openDialog } from "../base/dialogs.js";
import { el, store, stored } from "../base/dom.js";
import { t } from "../base/i18n.js";

const NAME = "geungeo-key";
let memory = stored("sessionStorage", NAME);
let asking = null;

export const currentKey = () => memory;

function keep(key) {
  memory = key;
  store("sessionStorage", NAME, key);
  window.dispatchEvent(new Event("key"));
}

export const forgetKey = () => keep(null);

/** Ask for a key, once however many requests want it; false where the person would rather not say. */
export function askForKey({ rejected }) {
  asking ??= showKeyDialog(rejected).finally(() => { asking = null; });
  return asking;
}

async function showKeyDialog(rejected) {
  const field = el("input", {
    id: "key-field", type: "password", autocomplete: "off", spellcheck: "false", required: true,
    "aria-describedby": "key-help", "aria-invalid": rejected ? "true" : null,
  });
  const body = [
    el("p", { id: "key-help", class: rejected ? "error-text" : "muted" }, t(rejected ? "key_wrong" : "key_help")),
    el("label", { for: "key-field", class: "field-label" }, t("key_label")),
    field,
  ];
  const said = await openDialog({ title: t("key_title"), body, confirm: t("key_send"), focus: field });
  const key = field.value.trim();
  if (!said || !key) return false;
  keep(key);
  return true;
}
