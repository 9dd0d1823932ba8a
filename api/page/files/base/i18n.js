/** Korean first, English by the browser's language or the switch. */

import { stored, store } from "./dom.js";
import { WORDS } from "./words.js";

export let language = choose();

function choose() {
  const kept = stored("localStorage", "geungeo-language");
  if (kept === "ko" || kept === "en") return kept;
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "ko" || tag === "en");
  return known ?? "ko";
}

/** The other language from now on. The page hears of it as an event and says itself anew; nothing typed or running is lost. */
export function switchLanguage() {
  language = language === "ko" ? "en" : "ko";
  store("localStorage", "geungeo-language", language);
  translatePage();
  window.dispatchEvent(new Event("language"));
}

/** The words for `key`, `{name}` replaced by values. */
export function t(key, values = {}) {
  const words = WORDS[key][language === "ko" ? 0 : 1];
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** English needs a word of its own for one; Korean does not. */
export function count(key, number) {
  const one = number === 1 && WORDS[`${key}_one`] ? `${key}_one` : key;
  return t(one, { n: number.toLocaleString(language) });
}

/** Fill the page's own words in: `data-t` as text, `data-t-label` and `data-t-placeholder` as attributes. */
export function translatePage() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of document.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
}

const DATES = { // by how much of a date is known
  4: { year: "numeric" },
  7: { year: "numeric", month: "long" },
  10: { dateStyle: "long" },
};

/** An ISO date, or a month or a year of one, as people write it; anything else as it is. */
export function showDate(date) {
  if (!date) return t("no_date");
  const time = /^\d{4}(-\d{2}){0,2}$/.test(date) ? Date.parse(date) : NaN;
  return Number.isNaN(time) ? date : new Intl.DateTimeFormat(language, { ...DATES[date.length], timeZone: "UTC" }).format(time);
}

/** Articles are Korean for the most part: a reader in English shall hear them with a Korean voice. */
export function languageOf(text) {
  return language !== "ko" && /[\uac00-\ud7a3]/.test(text) ? "ko" : null;
}

/** Whether a word ends in a final consonant as it is read aloud. */
function closes(word) {
  const last = word.replace(/[^\p{L}\p{N}]+$/u, "").at(-1) ?? "";
  if (/[가-힣]/.test(last)) return (last.charCodeAt(0) - 0xac00) % 28 > 0;
  return /[013678lmnrLMNR]/.test(last);
}

/** The word with the Korean particle that fits its end; in English as it is. */
export const withParticle = (word, closed, open) => (language === "ko" ? `${word}${closes(word) ? closed : open}` : word);

/** A time as {date, time of day}, short. */
export const showTime = (time) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(time);
