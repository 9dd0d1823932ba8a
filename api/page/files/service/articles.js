/** Articles once fetched, for the answer's surroundings and the pane alike. */

import { getArticle } from "./api.js";

const KEPT = 30;
const kept = new Map(); // id: the promise of it

/** The article; fetched at most once until something is written. */
export function article(id) {
  if (!kept.has(id)) {
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value);
    const coming = getArticle(id);
    kept.set(id, coming);
    coming.catch(() => kept.delete(id));
  }
  return kept.get(id);
}

/** They may have been replaced or deleted. */
export const forgetArticles = () => kept.clear();
