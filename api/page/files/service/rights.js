/** What the key in use may do; what it may not is not offered. */

import { getMe } from "./api.js";

let known = null;
let may = true; // until the service has said otherwise; it checks every request itself

let says = false; // whether it may say that answers are right or wrong, and that is kept

export const mayWrite = () => may;
export const judges = () => says;

/** Ask once for each key. Whatever bears `data-write` is hidden from whoever may only read, `data-judge` likewise. */
export function learnRights() {
  if (known) return known;
  const own = getMe().then((me) => [me.scopes.includes("write"), Boolean(me.judges)], () => [true, false]).then((rights) => {
    if (known !== own) return known; // another key is in use by now
    [may, says] = rights;
    document.body.classList.toggle("reader", !may);
    document.body.classList.toggle("judge", says);
    return null;
  });
  known = own;
  return own;
}

/** Another key, other rights. */
export function forgetRights() {
  known = null;
}
