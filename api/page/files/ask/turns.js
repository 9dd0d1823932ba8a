/** The questions asked one after another in this tab: what the next one leaves out is taken from them. */

const MANY = 20; // as the service takes
let turns = [];

/** Those before `question`; where it was asked before, as on the way back, only those before it then. */
export function before(question) {
  const place = turns.indexOf(question);
  return place < 0 ? turns.slice(-MANY) : turns.slice(0, place);
}

export function goOn(question) {
  turns = [...before(question), question];
}

/** The next question is the first. */
export function beginAnew() {
  turns = [];
}
