/** Files from the person's disk: chosen or dropped, sent as jobs, followed until each has its result. */

import { actionButton } from "../answer/refusal.js";
import { announce, byId, complain, el, icon } from "../base/dom.js";
import { count, t } from "../base/i18n.js";
import { go } from "../base/place.js";
import { problemText } from "../base/text.js";
import { getArticle, getJob, uploadFiles } from "../service/api.js";
import { mayWrite } from "../service/rights.js";
import { askDetails, detailsLine, editDetails, valuesOf } from "./details.js";
import { batches, droppedFiles } from "./dropped.js";

// As index/reading/kinds.py reads them; ".gz" stands for ".jsonl.gz", for a browser looks at the last part alone.
const ACCEPTED = ".hwp,.hwt,.hwpx,.hwtx,.pdf,.docx,.docm,.dotx,.pptx,.pptm,.ppsx,.xlsx,.xlsm,.xls,.xlsb,.ods,.csv,.tsv,"
  + ".html,.htm,.xhtml,.eml,.txt,.md,.markdown,.jsonl,.gz";
const FIRST_POLL_MS = 250;
const LAST_POLL_MS = 2000;
const ASKED = 5; // articles of an upload whose source and date are shown and asked for
const AT_ONCE = { most: 100, bytes: 90 * 1024 * 1024 }; // what one request may hold, with room for its frame
const OF_THESE = [413, 415, 422]; // what is wrong lies in these files alone: those after them are sent
const TRIES = 8; // to hear of a job again after the connection was lost
const SHOWN = 50; // results listed; a big import has thousands
const sending = () => t("sending");
let chooser = null;
let changed = () => {};

/** Build the chooser and let files be dropped anywhere; `onChange` is called when a job has changed the library. */
export function buildUploads(onChange) {
  changed = onChange;
  chooser = el("input", { type: "file", multiple: true, accept: ACCEPTED, class: "unseen", tabindex: "-1", "aria-hidden": "true", id: "files" });
  chooser.addEventListener("change", () => {
    upload([...chooser.files]);
    chooser.value = "";
  });
  document.body.append(chooser);
  let depth = 0; // dragenter and dragleave come for every element passed over
  const show = (step) => {
    depth = step === 0 ? 0 : Math.max(0, depth + step);
    byId("drop").hidden = depth === 0;
  };
  const onFiles = (event, then) => window.addEventListener(event, (drag) => {
    if (!drag.dataTransfer?.types.includes("Files") || !mayWrite()) return;
    drag.preventDefault();
    then(drag);
  });
  onFiles("dragenter", () => show(1));
  onFiles("dragover", () => {});
  onFiles("dragleave", () => show(-1));
  onFiles("drop", (drag) => {
    show(0);
    droppedFiles(drag.dataTransfer).then(upload, () => cardOf(() => t("upload")).fail(() => t("drop_failed")));
  });
}

export const pickFiles = () => chooser.click();

/** Leave a line of each upload: what was asked meanwhile has the room. */
export function foldUploads() {
  for (const files of document.querySelectorAll(".upload-files")) files.open = false;
}

/** Say every upload anew; those that run go on. */
export function translateUploads() {
  for (const { card } of document.querySelectorAll("#uploads > .upload")) card.translate();
}

async function upload(files) {
  if (!files.length) return;
  const card = cardOf(() => count("files", files.length));
  announce(t("sending"));
  const told = { results: [], done: 0, failed: 0 };
  const parts = batches(files, AT_ONCE);
  for (const [place, part] of parts.entries()) {
    try {
      const job = await uploadFiles(part, (loaded, size) => card.progress(sending, loaded, size));
      add(told, await follow(job, card));
    } catch (error) {
      const isLast = !OF_THESE.includes(error.status);
      if (parts.length === 1) return card.fail(() => problemText(error), isLast ? () => upload(files) : null);
      const left = isLast ? parts.slice(place).flat() : part; // those that are not even sent are told of, too
      add(told, { results: left.map(({ name }) => ({ id: name, error })), done: left.length, failed: left.length });
      if (isLast) break;
    }
  }
  card.finish(told);
}

function cardOf(title) {
  const card = new Card(title);
  byId("uploads").prepend(card.root);
  card.root.scrollIntoView({ block: "nearest" });
  return card;
}

/** The results of one more job; what stopped it as a whole is told where nothing else is. */
function add(told, { results, done, failed, error }) {
  told.results.push(...results);
  told.done += done;
  told.failed += failed;
  told.error ??= error;
}

/** Ask after the job until it is over, more and more seldom; it goes on while the connection is lost for a moment. */
async function follow(job, card) {
  let lost = 0;
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, LAST_POLL_MS)) {
    if (job.state === "done" || job.state === "failed") return job;
    const isRunning = job.state === "running";
    card.progress(() => t(isRunning ? "indexing" : "queued"), job.done ?? 0, job.total ?? 0);
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      job = await getJob(job.id);
      lost = 0;
    } catch (error) {
      lost += 1;
      if (error.code !== "offline" || lost === TRIES) throw error;
    }
  }
}

/** One upload's card: a title, a bar, the results. It can be said anew in another language at any time. */
class Card {
  constructor(title) {
    this.title = title;
    this.typed = new Map(); // the id of an article: what is written in its fields and not saved yet
    this.saved = new Set(); // those of whom it was saved
    this.build();
    this.progress(sending);
  }

  build() {
    const title = this.title();
    this.state = el("p", { class: "upload-state" });
    this.bar = el("progress", { max: 1, "aria-label": title });
    this.list = el("ul", { class: "upload-results" });
    this.files = el("details", { class: "upload-files", open: true, hidden: true }, el("summary", {}, t("upload_files")), this.list);
    this.mark = el("span", { class: "upload-mark" }, icon("upload"));
    const close = el("button", { type: "button", class: "icon-button", "aria-label": t("dismiss") }, icon("close"));
    this.root = el("section", { class: "card upload", "aria-label": t("upload_of", { title }) },
      el("div", { class: "upload-head" }, this.mark, el("h2", { class: "upload-title" }, title), close), this.state, this.bar, this.files);
    this.root.card = this;
    close.addEventListener("click", () => this.root.remove());
  }

  /** The same in the language of now, with what was written in its fields. */
  translate() {
    const { root, files } = this;
    for (const form of root.querySelectorAll(".details")) this.typed.set(form.closest("li").dataset.taken, valuesOf(form));
    this.build();
    this.files.open = files.open;
    root.replaceWith(this.root);
    this.show();
  }

  /** `words` says what is being done. */
  progress(words, done = 0, size = 0) {
    this.show = () => {
      this.state.textContent = size > 1 && words !== sending ? `${words()} ${done}/${size}` : words();
      if (size > 0) this.bar.value = done / size;
      else this.bar.removeAttribute("value");
    };
    this.show();
  }

  finish(job) {
    if (job.error && !job.failed) return this.fail(() => problemText(job.error));
    this.show = () => this.showResults(job);
    this.show();
    announce(this.state.textContent);
    changed();
    return null;
  }

  showResults({ results, failed, done }) {
    this.end(failed ? "warning" : "done");
    this.state.textContent = [count("taken", done - failed), failed && count("not_taken", failed)].filter(Boolean).join(" · ");
    this.showDetails(results.filter((one) => !one.error).map(({ id }) => id));
    const rows = [...results.filter((one) => one.error), ...results.filter((one) => !one.error)].slice(0, SHOWN);
    this.files.hidden = false;
    this.list.replaceChildren(...rows.map(resultRow),
      ...(done > rows.length ? [el("li", { class: "muted" }, t("results_more", { n: done - rows.length }))] : []));
  }

  /** Ask for source and date of the first few that do not say them; of the others say what was found. */
  async showDetails(ids) {
    const { list } = this;
    for (const id of ids.slice(0, ASKED)) {
      const article = await getArticle(id).catch(() => null);
      const item = itemOf(list, id);
      if (article && item) this.showArticle(item, article);
    }
  }

  showArticle(item, article) {
    const told = async () => {
      this.saved.add(article.id);
      changed();
      const known = await getArticle(article.id);
      this.showArticle(itemOf(this.list, article.id), known); // the card may have been said anew meanwhile
      item.querySelector(".opener").focus();
    };
    const edit = el("button", { type: "button", class: "plain tool", "aria-label": t("edit_label", { title: article.title || article.id }), on: { click: () => mend() } }, icon("edit"), t("edit"));
    const mend = async () => {
      complain(edit, "");
      try {
        if (await editDetails(article.id)) await told();
      } catch (error) {
        complain(edit, error.title); // it may have been deleted since
      }
    };
    const isAsked = mayWrite() && !(article.source && article.published_at) && !this.saved.has(article.id);
    item.querySelector(".result-details")?.remove();
    item.append(el("div", { class: "result-details" }, isAsked ? askDetails(article, told, this.typed.get(article.id)) : el("div", { class: "details-line" }, detailsLine(article), edit)));
  }

  end(mark) {
    this.bar.remove();
    this.mark.replaceChildren(icon(mark));
    this.root.classList.add(mark);
  }

  /** `said` gives what went wrong and what to do about it; `again` does it again, where that may help. */
  fail(said, again = null) {
    this.show = () => {
      this.end("warning");
      this.state.textContent = said();
      if (again) this.root.append(actionButton(t("upload_again"), () => { this.root.remove(); again(); }, { class: "upload-again" }));
    };
    this.show();
    announce(this.state.textContent);
  }
}

const itemOf = (list, id) => [...list.children].find((one) => one.dataset.taken === id);

/** What became of one file or article, and why it was not taken. A taken one can be opened. */
function resultRow({ id, status, error, notice }) {
  const known = ["created", "replaced", "unchanged"].includes(status) ? t(`status_${status}`) : status;
  const name = error ? id : el("button", { type: "button", class: "opener linked", on: { click: () => go({ article: id, at: "" }) } }, id);
  return el("li", { class: error ? "failed" : "taken", "data-taken": error ? null : id },
    el("span", { class: "result-name" }, name), el("span", { class: "result-state" }, error ? error.detail : known),
    !error && notice && el("span", { class: "result-notice" }, notice));
}
