/**
 * What a reading of a weak kind is worth: nothing alone, something when two preparations agree and nothing else was
 * seen in its place nearly as often. Kinds with real error detection are believed at once. Pure.
 */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{text: string, symbology: string, corners: Point[]}} Sighted */

const WEAK = new Set(["Code39", "Codabar", "ITF", "EAN13", "EAN8", "UPCA", "UPCE"]);
// Shorter ones are found in any texture: ITF has no length check.
const SHORTEST = /** @type {Record<string, number>} */ ({ ITF: 6, Code39: 3, Codabar: 5 });
const NEEDED = 2;
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
      const { attempts, told, looked } = this.weak.get(keyOf(symbol)) ?? { attempts: new Set(), told: false, looked: -Infinity };
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
    const votes = this.weak.get(keyOf(symbol))?.attempts.size ?? 0;
    return votes >= NEEDED && ![...this.weak.values()].some((rival) => this.counts(rival) && beats(rival, votes, symbol));
  }

  /** @param {Seen} rival */
  counts({ told, frame }) {
    return !told || frame > this.frame - RIVAL_FRAMES;
  }
}

/** @param {Seen} rival @param {number} votes @param {Sighted} symbol */
function beats({ symbol: other, attempts }, votes, symbol) {
  if (keyOf(other) === keyOf(symbol)) return false;
  // A part of a longer symbol: ITF, Code 39 and Codabar can be cut short.
  if (other.text.includes(symbol.text)) return true;
  if (!holds(symbol.corners, other.corners) && !holds(other.corners, symbol.corners)) return false;
  return !symbol.text.includes(other.text) && votes < MANY_TIMES * attempts.size;
}

/** @param {Sighted} symbol */
const keyOf = ({ text, symbology }) =>
  symbology === "EAN13" || symbology === "UPCA" ? `EAN13 ${text.padStart(13, "0")}` : `${symbology} ${text}`;

/** Say whether the middle of the one lies within the upright bounds of the other. @param {Point[]} one @param {Point[]} other */
function holds(one, other) {
  return ["x", "y"].every((axis) => {
    const name = /** @type {"x"|"y"} */ (axis);
    const middle = other.reduce((sum, point) => sum + point[name], 0) / other.length;
    const values = one.map((point) => point[name]);
    return Math.min(...values) - 2 <= middle && middle <= Math.max(...values) + 2;
  });
}
