/** What is shown is in the address: a question, its filters, an open article. It can be shared, and back goes back. */

const LONGEST = 4000; // of a query; the service takes addresses of 8 KiB, and three letters of Korean are 27 bytes
const NAMES = ["view", "q", "from", "to", "source", "in", "article", "at"];

/** The address as {view, q, from, to, source, in, article, at}, each a string, empty where it is not said. */
export function here() {
  const said = new URLSearchParams(location.search || location.hash.slice(1));
  return Object.fromEntries(NAMES.map((name) => [name, said.get(name) ?? ""]));
}

/** The address of a place, relative to the page's. A long one goes behind the `#`, which no server gets to see. */
function addressOf(place) {
  const said = String(new URLSearchParams(NAMES.filter((name) => place[name]).map((name) => [name, place[name]])));
  if (!said) return "./";
  return said.length > LONGEST ? `./#${said}` : `./?${said}`;
}

/** Go to the place that differs from the present one in `changes`; the page hears of it as an event. */
export function go(changes) {
  const address = addressOf({ ...here(), ...changes });
  const isSame = new URL(address, location.href).href === location.href; // or going back would seem to do nothing
  history[isSame ? "replaceState" : "pushState"](null, "", address);
  window.dispatchEvent(new Event("place"));
}

/** Call `listener` now and whenever the place has changed, by us or by the browser's buttons. */
export function follow(listener) {
  for (const event of ["place", "popstate"]) window.addEventListener(event, () => listener(here()));
  listener(here());
}

/** "12-34" as {start, end} in code points, or null. */
export function readSpan(at) {
  const found = /^(\d{1,9})-(\d{1,9})$/.exec(at);
  return found && { start: Number(found[1]), end: Number(found[2]) };
}
