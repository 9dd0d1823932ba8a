/** The five articles that come with the program, so that there is something to ask at once. */

import { announce, complain, el } from "../base/dom.js";
import { count, t } from "../base/i18n.js";
import { deleteArticle, listArticles } from "../service/api.js";

const SAMPLES = ["kt-ai-7-trillion", "kt-lg-one-team", "kt-m360-keynote", "kt-ms-alliance", "kt-ms-korean-ai"];
export const ALL_SAMPLES = SAMPLES.length;

export const isSample = (id) => SAMPLES.includes(id);

/** The ids of those that are still there. */
export async function samplesHeld() {
  const { articles } = await listArticles({ q: "kt-", limit: 200 });
  return articles.map(({ id }) => id).filter(isSample);
}

/** A line that says they are samples, with the button that takes them away; `then` is called when they are gone. */
export function samplesNote(ids, then) {
  const button = el("button", { type: "button", class: "secondary", "data-write": true }, t("samples_remove"));
  const note = el("p", { class: "samples" }, el("span", {}, count("samples", ids.length)), button);
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = t("deleting");
    complain(button, "");
    try {
      for (const id of ids) await deleteArticle(id).catch((error) => { if (error.status !== 404) throw error; });
    } catch (error) {
      button.disabled = false;
      button.textContent = t("samples_remove");
      return complain(button, error.title);
    }
    announce(t("samples_gone"));
    then();
    return null;
  });
  return note;
}
