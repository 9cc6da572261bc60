/**
 * What a reading of a weak kind is worth: nothing alone, something when two witnesses agree and nothing else was seen in
 * its place nearly as often. Kinds with real error detection are believed at once, Code 128 only in a picture as it was
 * taken: one misreading of a hundred fits its check character. A witness is a decoder, or one decoder's look at a band of
 * rows: whatever misleads it misleads it in every preparation of the same rows. Pure.
 * `scanner/decoding/confirmation.py` follows the same rule; both are tried on `tests/cases/confirmation.json`.
 */

import { isPayload } from "./known/known-symbol.js";
import { areAtOnePlace } from "./places.js";

/** @typedef {import("./places.js").Sighted} Sighted */

const WEAK = new Set(["Code39", "Codabar", "ITF", "EAN13", "EAN8", "UPCA", "UPCE", "Code128"]);
// Attempts that leave every bar as it was seen.
const AS_TAKEN = new Set(["as_it_is", "glance", "any way round", "any way round, in one", "in full"]);
for (const turned of ["turned 22", "turned 45", "turned 67", "turned a third"]) AS_TAKEN.add(turned);
// Shorter ones are found in any texture: ITF has no length check.
const SHORTEST = /** @type {Record<string, number>} */ ({ ITF: 6, Code39: 3, Codabar: 5 });
// How names of attempts begin that saw one band of rows alone; the band's number and the decoder follow.
export const BAND = "rows";
// How names of attempts begin whose rows may have left the symbol before its end: they support, and prove no whole.
export const SLANTED = "slanted ";
// Found so easily in other symbols, or misread in all rows alike, that two decoders must agree.
const BY_BOTH = new Set(["UPCE", "Code128"]);
const MANY_TIMES = 2;
const LOOK_AGAIN_FRAMES = 8;
const REMEMBERED_FRAMES = 25;
// What was told is a rival only while it is still seen: the next parcel's label is held in the same place.
const RIVAL_FRAMES = 3;
/** @typedef {{symbol: Sighted, attempts: Set<string>, frame: number, told: boolean, looked: number}} Seen */

/** @param {Sighted} symbol */
export const isWeak = ({ symbology }) => WEAK.has(symbology);

export class Sightings {
  constructor() {
    /** @type {Map<string, Seen>} */
    this.weak = new Map();
    this.frame = 0;
  }

  /** Begin a frame: what was seen long ago is forgotten. */
  next() {
    this.frame += 1;
    for (const [key, { frame }] of this.weak) if (frame < this.frame - REMEMBERED_FRAMES) this.weak.delete(key);
  }

  /**
   * Record what one attempt saw, and return what of it is believed.
   * @param {string} attempt @param {Sighted[]} symbols
   */
  add(attempt, symbols) {
    const long = symbols.filter(({ text, symbology }) => text.length >= (SHORTEST[symbology] ?? 1));
    for (const symbol of long.filter(isWeak)) {
      const { attempts, told, looked } = this.weak.get(keyOf(symbol)) ?? {
        attempts: new Set(),
        told: false,
        looked: -Infinity,
      };
      this.weak.set(keyOf(symbol), { symbol, attempts: attempts.add(attempt), frame: this.frame, told, looked });
    }
    const believed = long.filter((symbol) => this.believes(symbol));
    for (const symbol of believed.filter(isWeak)) /** @type {Seen} */ (this.weak.get(keyOf(symbol))).told = true;
    return believed;
  }

  /** Say whether a doubtful symbol is worth a closer look now; it is one for some frames. @param {Sighted} symbol */
  isDue(symbol) {
    const seen = this.weak.get(keyOf(symbol));
    if (!seen || seen.looked > this.frame - LOOK_AGAIN_FRAMES) return false;
    seen.looked = this.frame;
    return true;
  }

  /** @param {Sighted} symbol */
  believes(symbol) {
    if (!isWeak(symbol)) return true;
    const attempts = this.weak.get(keyOf(symbol))?.attempts ?? new Set();
    if (isSure(symbol, attempts)) return true;
    if ([...attempts].every((name) => name.startsWith(SLANTED))) return false;
    if (!areTwoWitnesses(attempts, BY_BOTH.has(symbol.symbology))) return false;
    return ![...this.weak.values()].some((rival) => this.counts(rival) && beats(rival, attempts.size, symbol));
  }

  /** @param {Seen} rival */
  counts({ symbol, attempts, told, frame }) {
    if (isSure(symbol, attempts)) return false;
    return !told || frame > this.frame - RIVAL_FRAMES;
  }
}

/** Say whether one attempt proves enough. @param {Sighted} symbol @param {Set<string>} attempts */
function isSure({ symbology, text }, attempts) {
  if (symbology !== "Code128") return false;
  return isPayload(text) || [...attempts].some((name) => AS_TAKEN.has(name.split("/").slice(-2)[0]));
}

/** @param {Set<string>} attempts named "preparation/decoder" @param {boolean} byBoth */
function areTwoWitnesses(attempts, byBoth) {
  const named = [...attempts].map((name) => name.replace(SLANTED, "").split("/").slice(-2));
  if (new Set(named.map(([, decoder]) => decoder)).size > 1) return true;
  return !byBoth && named.filter(([preparation]) => preparation.startsWith(BAND)).length > 1;
}

/** @param {Seen} rival @param {number} votes @param {Sighted} symbol */
function beats({ symbol: other, attempts }, votes, symbol) {
  if (keyOf(other) === keyOf(symbol)) return false;
  // A part of a longer symbol: ITF, Code 39 and Codabar can be cut short.
  if (other.text.includes(symbol.text)) return true;
  if (!areAtOnePlace(symbol, other)) return false;
  return !symbol.text.includes(other.text) && votes < MANY_TIMES * attempts.size;
}

/** @param {Sighted} symbol */
const keyOf = ({ text, symbology }) =>
  symbology === "EAN13" || symbology === "UPCA" ? `EAN13 ${text.padStart(13, "0")}` : `${symbology} ${text}`;
