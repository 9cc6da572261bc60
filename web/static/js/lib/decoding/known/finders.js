/**
 * Find where a delivery code's symbol may be, as `scanner/decoding/known/known_corners.py` does: places that look like
 * finder patterns, of any size and turn, sharp or blurred, and the squares that three or two of them imply. Pure.
 */

import { atMost } from "../steps.js";
import { FUNCTION, SIDE } from "./known-symbol.js";
import { pointAt } from "./matrices.js";

/** @typedef {import("../steps.js").Grey} Grey */
/** @typedef {import("./matrices.js").Place} Place */
/** @typedef {{x: number, y: number, module: number, agreement: number}} Finder */

// Sizes of a module in pixels, at most a fifth apart; the larger ones again in each picture halved once more.
const SMALL = [1.0, 1.25];
const LARGE = [1.5, 1.75, 2.1, 2.5];
// Every second pixel is passed over where the middle of a pattern is wide enough for that.
const PASSED_OVER_FROM = 2;
const LEVELS = 4;
const SMALLEST_LEVEL = 40;
const FAINTEST = 4;
const FEWEST_AGREEING = 0.4;
const FINDERS = 14;
const MOST_PEAKS = 160;
const PLACES = 4;
const AGREES = 0.3;
const APART = 2;
const SPAN = SIDE - 7;
const MIDDLE = 3.5;

/** @param {Grey} grey @returns {Generator<null, Finder[]>} the likeliest first, after a step for each size of a module */
export function* finders(grey) {
  const found = [];
  let level = grey;
  for (let number = 0, scale = 1; number < LEVELS && Math.min(level.width, level.height) >= SMALLEST_LEVEL; number++) {
    const sums = integral(level);
    for (const module of number ? LARGE : [...SMALL, ...LARGE]) {
      for (const { x, y, agreement } of peaks(level, sums, module)) {
        const at = { x: x * scale + (scale - 1) / 2, y: y * scale + (scale - 1) / 2 };
        found.push({ ...at, module: module * scale, agreement });
      }
      yield null;
    }
    level = atMost(level, Math.round(Math.max(level.width, level.height) / 2)).grey;
    scale *= 2;
  }
  found.sort((one, other) => other.agreement - one.agreement);
  /** @type {Finder[]} */
  const kept = [];
  for (const each of found) {
    if (kept.every((other) => areApart(each, other))) kept.push(each);
    if (kept.length === FINDERS) break;
  }
  return kept;
}

/** Say whether two are patterns at different places or of different sizes. @param {Finder} one @param {Finder} other */
function areApart(one, other) {
  const smaller = Math.min(one.module, other.module);
  return Math.hypot(one.x - other.x, one.y - other.y) > 2 * smaller || Math.max(one.module, other.module) > 2 * smaller;
}

/** Sums of everything above and to the left, one row and column larger. @param {Grey} grey */
function integral({ data, width, height }) {
  const sums = new Int32Array((width + 1) * (height + 1));
  for (let y = 0, at = 0; y < height; y++) {
    let line = 0;
    for (let x = 0, to = (y + 1) * (width + 1) + 1; x < width; x++, to++) {
      line += data[at++];
      sums[to] = sums[to - width - 1] + line;
    }
  }
  return sums;
}

/** The places where rings of one size stand out most: sums over squares of 3, 5, 7 and 9 modules. */
/** @param {Grey} grey @param {Int32Array} sums @param {number} module */
function peaks(grey, sums, module) {
  const { width, height } = grey;
  const reaches = [3, 5, 7, 9].map((count) => Math.round((count * module - 1) / 2));
  const areas = reaches.map((reach) => (2 * reach + 1) ** 2);
  const dark = areas[0] + areas[2] - areas[1];
  const light = areas[3] - dark;
  const both = 1 / light + 1 / dark;
  const shares = [-both, both, -both, 1 / light];
  const edge = reaches[3];
  const stride = module < PASSED_OVER_FROM ? 1 : 2;
  const [across, down] = [Math.ceil((width - 2 * edge) / stride), Math.ceil((height - 2 * edge) / stride)];
  if (across < 3 || down < 3) return [];
  const contrast = new Float32Array(across * down);
  const line = width + 1;
  // The mean of the white rings less that of the dark ones.
  for (let number = 0; number < 4; number++) {
    const [reach, share] = [reaches[number], shares[number]];
    for (let row = 0, to = 0; row < down; row++) {
      const y = edge + row * stride;
      let upper = (y - reach) * line + edge - reach;
      let lower = (y + reach + 1) * line + edge - reach;
      const wide = 2 * reach + 1;
      for (let column = 0; column < across; column++, to++, upper += stride, lower += stride) {
        contrast[to] += share * (sums[lower + wide] - sums[lower] - sums[upper + wide] + sums[upper]);
      }
    }
  }
  const contrastAt = (/** @type {number} */ x, /** @type {number} */ y) =>
    reaches.reduce((sum, reach, number) => {
      const [upper, lower] = [(y - reach) * line + x - reach, (y + reach + 1) * line + x - reach];
      const wide = 2 * reach + 1;
      return sum + shares[number] * (sums[lower + wide] - sums[lower] - sums[upper + wide] + sums[upper]);
    }, 0);
  /** The highest of the pixels that were passed over around a place. @param {number} x @param {number} y */
  const exactly = (x, y) => {
    let best = { x, y, value: contrastAt(x, y) };
    if (stride === 1) return best;
    for (let by = 0; by < 9; by++) {
      const [column, row] = [x + (by % 3) - 1, y + Math.floor(by / 3) - 1];
      const value = contrastAt(column, row);
      if (value > best.value) best = { x: column, y: row, value };
    }
    return best;
  };
  const near = Math.max(1, Math.floor((2 * module) / stride));
  const highest = [];
  for (let row = 1; row < down - 1; row++) {
    for (let column = 1, at = row * across + 1; column < across - 1; column++, at++) {
      const value = contrast[at];
      if (value <= FAINTEST || value < contrast[at - 1] || value < contrast[at + 1]) continue;
      if (value < contrast[at - across] || value < contrast[at + across]) continue;
      if (!isHighest(contrast, across, down, row, column, near)) continue;
      highest.push(exactly(edge + column * stride, edge + row * stride));
    }
  }
  highest.sort((one, other) => other.value - one.value);
  return highest
    .slice(0, MOST_PEAKS)
    .map(({ x, y, value }) => ({ x, y, agreement: value / (2 * deviation(grey, x, y, edge)) }))
    .filter(({ agreement }) => agreement > FEWEST_AGREEING);
}

/** @param {Float32Array} values @param {number} across @param {number} down @param {number} row @param {number} column @param {number} reach */
function isHighest(values, across, down, row, column, reach) {
  const value = values[row * across + column];
  for (let y = Math.max(0, row - reach); y <= Math.min(down - 1, row + reach); y++) {
    for (let x = Math.max(0, column - reach); x <= Math.min(across - 1, column + reach); x++) {
      if (values[y * across + x] > value) return false;
    }
  }
  return true;
}

/** @param {Grey} grey @param {number} x @param {number} y @param {number} reach */
function deviation({ data, width }, x, y, reach) {
  let sum = 0;
  let squares = 0;
  for (let row = -4; row <= 4; row++) {
    for (let column = -4; column <= 4; column++) {
      const value = data[(y + Math.round((row * reach) / 4)) * width + x + Math.round((column * reach) / 4)];
      sum += value;
      squares += value * value;
    }
  }
  return Math.max(1, Math.sqrt(Math.max(0, squares / 81 - (sum / 81) ** 2)));
}

/** The places that finder patterns imply, the best agreeing first. @param {Grey} grey @param {Finder[]} found @returns {Place[]} */
export function placesOf(grey, found) {
  const told = [...ofThree(found), ...ofTwo(found)]
    .map((place) => ({ place, agreement: agreementAt(grey, place) }))
    .filter(({ agreement }) => agreement >= AGREES)
    .sort((one, other) => other.agreement - one.agreement);
  /** @type {Place[]} */
  const kept = [];
  for (const { place } of told) {
    const isNew = kept.every((other) => {
      const module = Math.hypot(place[0], place[3]);
      return [0, SIDE].some((corner) => {
        const [one, two] = [pointAt(place, corner, corner), pointAt(other, corner, corner)];
        return Math.max(Math.abs(one.x - two.x), Math.abs(one.y - two.y)) > APART * module;
      });
    });
    if (isNew) kept.push(place);
    if (kept.length === PLACES) break;
  }
  return kept;
}

/** @param {Finder[]} found @returns {Generator<Place>} */
function* ofThree(found) {
  for (const a of found) {
    for (const b of found) {
      const [right, across] = wayOf(a, b);
      for (const c of found) {
        if (a === b || b === c || a === c) continue;
        const [down, along] = wayOf(a, c);
        if (right.x * down.y - right.y * down.x <= 0.6 * across * along) continue;
        if (differ(a, b) > 0.6 || differ(a, c) > 0.6) continue;
        const size = SPAN * Math.cbrt(a.module * b.module * c.module);
        if ([across, along].some((length) => length <= 0.55 * size || length >= 1.5 * size)) continue;
        yield affine(a, divided(right), divided(down), MIDDLE, MIDDLE);
      }
    }
  }
}

/** The squares that two imply as neighbours or as opposite corners. @param {Finder[]} found @returns {Generator<Place>} */
function* ofTwo(found) {
  for (const a of found) {
    for (const b of found) {
      if (a === b || differ(a, b) >= 0.4) continue;
      const [way, length] = wayOf(a, b);
      const ratio = length / (SPAN * Math.sqrt(a.module * b.module));
      const step = divided(way);
      if (ratio > 0.75 && ratio < 1.3) {
        yield affine(a, step, { x: -step.y, y: step.x }, MIDDLE, MIDDLE); // upper left and upper right
        yield affine(a, { x: step.y, y: -step.x }, step, MIDDLE, MIDDLE); // upper left and lower left
      }
      if (ratio > 0.75 * Math.SQRT2 && ratio < 1.3 * Math.SQRT2) {
        // From lower left to upper right: right and up by one span each.
        const right = { x: (step.x - step.y) / 2, y: (step.y + step.x) / 2 };
        yield affine(a, right, { x: -right.y, y: right.x }, MIDDLE, SIDE - MIDDLE);
      }
    }
  }
}

/** @typedef {{x: number, y: number}} Way */

/** @param {Way} from @param {Way} to @returns {[Way, number]} */
function wayOf(from, to) {
  const way = { x: to.x - from.x, y: to.y - from.y };
  return [way, Math.hypot(way.x, way.y)];
}

/** @param {Finder} one @param {Finder} other */
const differ = (one, other) => Math.abs(Math.log(one.module / other.module));

/** @param {Way} way @returns {Way} */
const divided = ({ x, y }) => ({ x: x / SPAN, y: y / SPAN });

/** Bring one module's place to a point, with the given ways for a module. */
/** @param {Way} at @param {Way} right @param {Way} down @param {number} column @param {number} row @returns {Place} */
function affine(at, right, down, column, row) {
  const x = at.x - column * right.x - row * down.x;
  const y = at.y - column * right.y - row * down.y;
  return [right.x, down.x, x, right.y, down.y, y, 0, 0, 1];
}

/** Function patterns, and one module of white beside them. */
const KNOWN = Array.from({ length: (SIDE + 2) ** 2 }, (_, at) => {
  const [row, column] = [Math.floor(at / (SIDE + 2)) - 1, (at % (SIDE + 2)) - 1];
  const isInside = Math.min(row, column) >= 0 && Math.max(row, column) < SIDE;
  return { u: column + 0.5, v: row + 0.5, light: isInside ? -FUNCTION[row * SIDE + column] : 1 };
}).filter(({ light }) => light);
const MEAN = KNOWN.reduce((sum, { light }) => sum + light, 0) / KNOWN.length;

/** The correlation of what is known with the pixels at its middles. @param {Grey} grey @param {Place} place */
function agreementAt({ data, width, height }, place) {
  let sum = 0;
  let squares = 0;
  let both = 0;
  let known = 1e-9;
  for (const { u, v, light } of KNOWN) {
    const { x, y } = pointAt(place, u, v);
    const column = Math.min(Math.max(Math.round(x), 0), width - 1);
    const value = data[Math.min(Math.max(Math.round(y), 0), height - 1) * width + column];
    sum += value;
    squares += value * value;
    both += value * (light - MEAN);
    known += (light - MEAN) ** 2;
  }
  return both / Math.sqrt(known * Math.max(squares - sum ** 2 / KNOWN.length, 1e-9));
}
