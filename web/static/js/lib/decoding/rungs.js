/**
 * The rungs that one decoder climbs, in the order of what they win per millisecond on the pictures of
 * `python -m bench.scanning.bench_browser_scan`, and in how many calls each is made. Pure.
 */

import { isBars } from "./places.js";
import { split, closed } from "./shapes.js";
import {
  after,
  atMost,
  darkened,
  doubled,
  evened,
  flattened,
  grown,
  negative,
  sharpened,
  softened,
  turned,
} from "./steps.js";

/** @typedef {import("./steps.js").Grey} Grey */
/** @typedef {import("./steps.js").View} View */
/**
 * @typedef {{name: string, step: (grey: Grey) => View, options: object, whole?: boolean, kinds?: typeof barsOf}} Rung
 * `whole` takes the frame in its full size, all others a copy of at most `BASE_SIDE` pixels; `kinds` says for which
 * of the wanted ones it is, else for all.
 */

// zxing reduces pictures by itself too: the rungs do, and each call stays short.
const UPRIGHT = { tryRotate: false, tryInvert: false, tryDownscale: false };
// Where frames are larger, rungs share one reduced copy; a smaller one would cost sharpness.
export const BASE_SIDE = 1400;
const GLOBAL = { ...UPRIGHT, binarizer: "GlobalHistogram" };
const FIXED = { ...UPRIGHT, binarizer: "FixedThreshold", tryRotate: true };
const READY = { ...UPRIGHT, binarizer: "BoolCast" };
const GLANCE_SIDE = 640;
// A larger frame, of a camera that gives more than it was asked for, is reduced to this.
const WHOLE_SIDE = 1920;

/** @type {Rung} */
export const GLANCE = { name: "glance", step: (grey) => atMost(grey, GLANCE_SIDE), options: UPRIGHT };
/** @type {Rung} */
const AS_IT_IS = { name: "as_it_is", step: (grey) => atMost(grey, WHOLE_SIDE), options: UPRIGHT, whole: true };
const STILL_SIDE = 2400;
/** @type {Rung} */
const STILL = { name: "any way round, in one", step: (grey) => atMost(grey, STILL_SIDE), options: {}, whole: true };
/** Small symbols of a large photograph, beside large ones. @type {Rung} */
const IN_FULL = {
  name: "in full",
  step: (grey) => atMost(grey, Infinity),
  options: { tryInvert: false, tryDownscale: false },
  whole: true,
};
/** @type {Rung[]} */
const PREPARED = [
  { name: "evened", step: (grey) => evened(grey, 400, 4), options: UPRIGHT },
  { name: "flattened", step: flattened, options: GLOBAL },
  { name: "any way round", step: (grey) => atMost(grey, 500), options: { tryDownscale: false } },
  { name: "negative", step: (grey) => negative(grey, WHOLE_SIDE), options: UPRIGHT, whole: true, kinds: matricesOf },
  { name: "turned 45", step: turned(45, 850), options: FIXED, kinds: barsOf },
  { name: "sharpened", step: (grey) => sharpened(grey, 500), options: GLOBAL },
  { name: "split", step: (grey) => split(grey, 600, 40), options: READY },
  { name: "turned 67", step: turned(67, 850), options: FIXED, kinds: barsOf },
  { name: "turned 22", step: turned(22, 850), options: FIXED, kinds: barsOf },
  { name: "evened, denoised", step: (grey) => evened(grey, 400, 4), options: { ...UPRIGHT, tryDenoise: true } },
  { name: "evened lightly", step: (grey) => evened(grey, 600, 6), options: UPRIGHT },
  { name: "softened", step: (grey) => softened(grey, 500, 1), options: GLOBAL },
  { name: "sharpened much", step: (grey) => sharpened(grey, 1000, 4, 3), options: UPRIGHT },
  { name: "turned a third", step: turned(67, 700), options: UPRIGHT },
  { name: "sharpened more", step: sharpened, options: GLOBAL },
  { name: "grown", step: (grey) => grown(grey, 2, 900), options: GLOBAL },
  { name: "darkened", step: darkened, options: GLOBAL },
  { name: "doubled", step: doubled, options: UPRIGHT },
  { name: "closed", step: (grey) => closed(grey, 600, 2), options: UPRIGHT },
  { name: "grown, sharpened", step: grownSharpened, options: GLOBAL },
  { name: "softened much", step: (grey) => softened(grey, 1000, 2.2), options: UPRIGHT },
];

/** @param {Grey} grey @returns {View} */
function grownSharpened(grey) {
  const { grey: large, back } = grown(grey, 3, 900);
  const { grey: sharp, back: reduced } = sharpened(large, 900, 6, 2);
  return { grey: sharp, back: after(reduced, back) };
}

const BETWEEN = 4;
/** What shows a second symbol, creased or small, where the first one was easy. */
const BESIDE_ANOTHER = PREPARED.filter(({ name }) => ["closed", "grown, sharpened"].includes(name));

/**
 * Return the rungs for frames of one size: where the glance saw a smaller copy, the frame itself comes again and again.
 * @param {{width: number, height: number}} frame
 * @returns {Rung[]}
 */
export function rungsFor({ width, height }) {
  if (Math.max(width, height) <= GLANCE_SIDE) return PREPARED;
  return PREPARED.flatMap((rung, place) => (place % BETWEEN ? [rung] : [AS_IT_IS, rung]));
}

/**
 * Return what a picture that stays gets in any case, and what it gets while something is missing.
 * @param {{width: number, height: number}} picture
 * @returns {[Rung[], Rung[]]}
 */
export function rungsForStill(picture) {
  const isLarger = Math.max(picture.width, picture.height) > STILL_SIDE;
  const first = [STILL, ...(isLarger ? [IN_FULL] : []), ...BESIDE_ANOTHER];
  return [first, [...new Set([GLANCE, ...rungsFor(picture)])].filter((rung) => !first.includes(rung))];
}

// Milliseconds for a megapixel, as measured on one machine: of use for their proportion.
const WEIGHTS = /** @type {Record<string, number>} */ ({ QRCode: 10, DataMatrix: 20, Aztec: 20, PDF417: 15 });
const WEIGHT_OF_BARS = 2;
const ANY_WAY = 2.2;
const HEAVIEST = 40;

/**
 * Share the wanted kinds out over as many calls as it takes that none is long.
 * @param {string[]} wanted @param {{width: number, height: number}} picture @param {any} options
 */
export function portions(wanted, { width, height }, { tryInvert }) {
  const each = ((width * height) / 1e6) * (tryInvert === false ? 1 : ANY_WAY);
  /** @type {string[][]} */
  const shared = [];
  let load = Infinity;
  for (const kind of [...wanted].sort((one, other) => weightOf(one) - weightOf(other))) {
    const weight = weightOf(kind) * each;
    if (load + weight > HEAVIEST) {
      shared.push([]);
      load = 0;
    }
    shared[shared.length - 1].push(kind);
    load += weight;
  }
  return shared;
}

/** @param {string} kind */
const weightOf = (kind) => WEIGHTS[kind] ?? WEIGHT_OF_BARS;

/** @param {string[]} wanted */
function barsOf(wanted) {
  return wanted.filter(isBars);
}

/** @param {string[]} wanted */
function matricesOf(wanted) {
  return wanted.filter((kind) => !isBars(kind));
}
