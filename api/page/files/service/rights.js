/** What the key in use may do; what it may not is not offered. */

import { getMe } from "./api.js";

let known = null;
let may = true; // until the service has said otherwise; it checks every request itself

export const mayWrite = () => may;

/** Ask once for each key. Whatever bears `data-write` is hidden from whoever may only read. */
export function learnRights() {
  known ??= getMe().then(({ scopes }) => { may = scopes.includes("write"); }, () => { may = true; })
    .then(() => document.body.classList.toggle("reader", !may));
  return known;
}

/** Another key, other rights. */
export function forgetRights() {
  known = null;
}
