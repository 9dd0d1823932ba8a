/** The sentences before and after a cited one, where it cannot be understood without them. */

import { toUnits } from "../base/text.js";

const LEANS = new RegExp(
  "^[\"'“‘(\\[○ㅇ\\-•·※*\\s]*(?:(?:이|그|해당|동|위|당시|같은)(?=\\s)|(?:이|그)(?:는|에|를|를|로써|와|의|가|들|런|러한|같은)(?=[\\s,])"
  + "|(?:그러나|하지만|그리고|또한?|다만|따라서|그래서|그러므로|아울러|반면|이후|이때|여기|거기|앞서|이들|그중|즉|단)(?=[\\s,에서는의]))"
  + "|^[\"'“‘(\\s]*(?:This|That|These|Those|It|He|She|They|However|But|Therefore|Also|Such)\\b");
const EXCEPTS = /^["'“‘(※*\s]*(?:다만|단(?=[,\s])|그러나|하지만|이 경우|However|But)/;
const END = /[.!?。]["'”’)\]]*(?=\s)/g;
const NEAR = 400; // UTF-16 units looked at
const LONGEST = 200;

/** {before, after}: each a sentence of `article`, or "". */
export function around(article, citation) {
  const { text } = article;
  const units = toUnits(text);
  const [start, end] = [units(citation.start), units(citation.end)];
  const noise = article.spans.filter(({ kind }) => ["caption", "byline", "copyright", "navigation"].includes(kind))
    .map((span) => [units(span.start), units(span.end)]);
  const clean = (from, to) => !noise.some(([first, last]) => first < to && from < last);
  const before = LEANS.test(citation.quote) ? lastSentence(text, start) : null;
  const after = nextSentence(text, end);
  return {
    before: before && clean(...before) ? text.slice(...before) : "",
    after: after && EXCEPTS.test(text.slice(...after)) && clean(...after) ? text.slice(...after) : "",
  };
}

function lastSentence(text, end) {
  const from = Math.max(0, end - NEAR);
  const piece = text.slice(from, end).trimEnd();
  const line = piece.lastIndexOf("\n") + 1;
  const ends = [...piece.slice(line).matchAll(END)].map((match) => line + match.index + match[0].length);
  const inner = piece.slice(ends.at(-1) ?? line);
  const first = from + piece.length - inner.trimStart().length;
  const last = from + piece.length;
  return last > first && last - first <= LONGEST ? [first, last] : null;
}

function nextSentence(text, start) {
  const piece = text.slice(start, start + NEAR);
  const inner = piece.trimStart();
  if (!inner || /\n\s*\n/.test(piece.slice(0, piece.length - inner.length))) return null;
  const first = start + piece.length - inner.length;
  const line = inner.split("\n", 1)[0];
  const stop = line.search(/[.!?。]["'”’)\]]*(?=\s|$)/);
  const length = stop < 0 ? line.trimEnd().length : stop + /^[.!?。]["'”’)\]]*/.exec(line.slice(stop))[0].length;
  return length && length <= LONGEST ? [first, first + length] : null;
}
