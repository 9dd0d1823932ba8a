/** The service's HTTP, with the key where one is needed, patience where it is busy, and one kind of error. */

import { language, t } from "../base/i18n.js";
import { readEvents } from "./events.js";
import { askForKey, currentKey } from "./keys.js";

const MAX_WAITS = 6;
const MAX_WAIT_SECONDS = 30;

/** What went wrong: the service's RFC 9457 problem, or `offline` where it cannot be reached at all. */
export class Problem extends Error {
  constructor({ status = 0, code = "offline", title = t("offline_title"), detail = t("offline_detail") } = {}) {
    super(title);
    Object.assign(this, { status, code, title, detail });
  }
}

/** An answer to `question`; `seen` is told of each stage as it comes. Raises Problem, or AbortError. */
export async function ask(question, filters, { context = [], signal, onStage, onCited, onWait }) {
  const body = { question, filters, context };
  const response = await send("v1/query/stream", { method: "POST", json: body, signal, onWait });
  return readEvents(response, { onStage, onCited, problem: (data) => new Problem(data) });
}

/** A page of the library: {articles, next_cursor, total}. */
export function listArticles(query, { signal, onWait } = {}) {
  const said = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return json(send(`v1/articles?${said}`, { signal, onWait }));
}

/** The names that articles came under: {sources: [{source, articles}]}. */
export function listSources() {
  return json(send("v1/sources"));
}

/** Say of a question which sentence answers it, which does not, or that none does. */
export function judge(said) {
  return json(send("v1/gold", { method: "POST", json: said }));
}

/** What was said: {judgements, left_out}, the newest thousand, and how many there are besides. */
export function listJudgements() {
  return json(send("v1/gold"));
}

export async function deleteJudgement(id) {
  await send(`v1/gold/${encodeURIComponent(id)}`, { method: "DELETE" });
}

/** All of it as an evaluation set, a zip. */
export async function loadGoldSet() {
  return whole((await send("v1/gold/set")).blob());
}

/** Questions that the articles here answer: {questions}. */
export function listExamples() {
  return json(send("v1/examples"));
}

/** The collections that articles are kept in: {collections: [{collection, articles}]}. */
export function listCollections() {
  return json(send("v1/collections"));
}

/** Change what is said of an article; null empties a field. */
export async function editArticle(id, changes) {
  const done = await json(send(`v1/articles/${encodeURIComponent(id)}`, { method: "PATCH", json: changes }));
  if (done.state) await finished(done);
}

/** Wait for a write that the service has made a job of. */
async function finished(job) {
  while (!["done", "failed"].includes(job.state)) {
    await pause(1);
    job = await getJob(job.id);
  }
  if (job.error) throw new Problem(job.error);
}

export function getArticle(id, { signal } = {}) {
  return json(send(`v1/articles/${encodeURIComponent(id)}`, { signal }));
}

/** The file an article was read from, where it is kept. */
export async function loadOriginal(id) {
  return whole((await send(`v1/originals/${encodeURIComponent(id)}`)).blob());
}

/** What this key may do: {id, scopes, collections}. */
export function getMe() {
  return json(send("v1/me"));
}

/** The nearest passages by their words: {passages}. */
export function searchText(question, { signal } = {}) {
  return json(send("v1/search", { method: "POST", json: { question, mode: "lexical", top_k: 50 }, signal }));
}

export async function deleteArticle(id) {
  await send(`v1/articles/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export function getJob(id) {
  return json(send(`v1/jobs/${encodeURIComponent(id)}`));
}

/** Send the files as one job. `fetch` cannot tell how much has gone, so this is an XMLHttpRequest. */
export function uploadFiles(files, onProgress) {
  return json(patiently(() => post(files, onProgress)));
}

function post(files, onProgress) {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", "v1/files");
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded, total));
    request.addEventListener("load", () => resolve(new Response(request.responseText || null, {
      status: request.status, headers: { "Retry-After": request.getResponseHeader("Retry-After") ?? "" },
    })));
    request.addEventListener("error", () => reject(new Problem()));
    request.addEventListener("abort", () => reject(new Problem()));
    request.send(form);
  });
}

function headers() {
  const key = currentKey();
  return { "Accept-Language": language, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
}

async function json(sending) {
  return whole((await sending).json());
}

/** What is being sent, or read of a response; a connection that is lost meanwhile is a Problem as one that never came about. */
async function whole(reading) {
  try {
    return await reading;
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem();
  }
}

function send(path, { method = "GET", json: body, signal, onWait } = {}) {
  return patiently(() => attempt(path, { method, body, signal }), { signal, onWait });
}

/** The response to what `once` sends, when it is let in: asks for a key, and waits where the service is busy. */
async function patiently(once, { signal, onWait } = {}) {
  for (let waits = 0; ; ) {
    const key = currentKey();
    const response = await once();
    if (response.ok) return response;
    if (response.status === 401 && key !== currentKey()) continue; // another request has asked for it meanwhile
    if (response.status === 401 && (await askForKey({ rejected: currentKey() !== null }))) continue;
    const problem = problemFrom(response.status, await whole(response.text()));
    const seconds = Number(response.headers.get("Retry-After"));
    if (!mayWait(response.status, seconds, waits)) throw problem;
    waits += 1;
    onWait?.(problem);
    await pause(Math.min(seconds, MAX_WAIT_SECONDS), signal);
  }
}

const mayWait = (status, seconds, waits) => [429, 503].includes(status) && seconds > 0 && waits < MAX_WAITS;

function attempt(path, { method, body, signal }) {
  const content = body === undefined ? {} : { "Content-Type": "application/json" };
  return whole(fetch(path, {
    method, signal, headers: { ...headers(), ...content }, body: body && JSON.stringify(body),
    credentials: "omit", redirect: "error", cache: "no-store",
  }));
}

function problemFrom(status, text) {
  try {
    const { code, title, detail } = JSON.parse(text);
    if (typeof title === "string") return new Problem({ status, code: code ?? "unknown", title, detail: detail ?? "" });
  } catch {
    // a gateway between says it in a form of its own
  }
  return new Problem({ status, code: "unknown", title: t("unknown_title"), detail: t("unknown_detail", { status }) });
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
