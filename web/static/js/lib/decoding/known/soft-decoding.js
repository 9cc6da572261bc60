/**
 * From soft modules to the text of a delivery code: the nearest code word, told only beyond doubt. Pure.
 * `scanner/decoding/known/soft_decoding.py` holds the same rules and docs/decoding.md their reasons; both are tried on
 * the cases of `tests/cases/soft-grids.json`.
 */

import {
  BITS,
  CHECK_WORDS,
  CODE_WORDS,
  DATA_BITS,
  KNOWN_BITS,
  KNOWN_DATA,
  KNOWN_WORDS,
  MASK_SIGNS,
  PLACES,
  bitsOf,
  encoded,
  likeliestMasks,
  textOf,
} from "./known-symbol.js";
import { correct } from "./reed-solomon.js";

// 10²⁹ texts are possible; a wrong one in 10⁹ frames may be told, of which each tries 64 grids or masks.
const SURE_BITS = 29 * Math.log2(10) + 30 + 6;
const MASKS_TRIED = 2;
const FREE_BITS = DATA_BITS - KNOWN_BITS;
const LIKELIEST = 12;
const LOG_ODDS = 6;
const TILTS = Array.from({ length: 40 }, (_, at) => 0.05 * 400 ** (at / 39));

/** @param {ArrayLike<number>} soft 25 × 25 @returns {string | null} */
export function decode(soft) {
  for (const mask of likeliestMasks(soft).slice(0, MASKS_TRIED)) {
    const signs = MASK_SIGNS[mask];
    const values = Float64Array.from({ length: BITS }, (_, bit) =>
      bit < KNOWN_BITS ? 0 : soft[PLACES[bit]] * signs[bit],
    );
    const needed = agreementNeeded(values);
    const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
    // Where that much was not seen at all, nothing can be told.
    if (!(total >= needed)) continue;
    const most = values.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
    const given = values.map((value, bit) => (bit < KNOWN_BITS ? most * (2 * KNOWN_DATA[bit] - 1) : value));
    for (const candidates of [byBits, byCodeWords]) {
      for (const bits of candidates(given)) {
        const agreed = values.reduce((sum, value, bit) => sum + (bits[bit] ? value : -value), 0);
        const text = agreed >= needed ? textOf(bits) : null;
        if (text) return text;
      }
    }
  }
  return null;
}

/** The sum of signed values that a redrawn symbol must reach (Chernoff's bound). @param {Float64Array} values */
function agreementNeeded(values) {
  const scale = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  if (!(scale > 0)) return Infinity;
  const needed = TILTS.map((tilt) => {
    let logCosh = 0;
    for (const value of values) {
      const tilted = (tilt * Math.abs(value)) / scale;
      logCosh += tilted + Math.log1p(Math.exp(-2 * tilted)) - Math.LN2;
    }
    return (SURE_BITS * Math.LN2 + logCosh) / tilt;
  });
  return Math.min(...needed) * scale;
}

/** What Reed-Solomon makes of the code words, the least reliable erased. @param {Float64Array} values */
function* byCodeWords(values) {
  const most = values.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  const words = new Uint8Array(CODE_WORDS);
  const sureness = new Float64Array(CODE_WORDS);
  for (let bit = 0; bit < BITS; bit++) {
    if (values[bit] > 0) words[bit >> 3] |= 128 >> (bit & 7);
    sureness[bit >> 3] -= Math.log1p(Math.exp((-LOG_ODDS * Math.abs(values[bit])) / most));
  }
  const order = [...words.keys()].slice(KNOWN_WORDS).sort((one, other) => sureness[one] - sureness[other]);
  for (let count = 0; count <= CHECK_WORDS; count += 2) {
    const corrected = correct(words, order.slice(0, count), CHECK_WORDS);
    if (corrected) yield bitsOf(corrected);
  }
}

/** The likeliest code words near the surest bits (ordered statistics of order 2). @param {Float64Array} values */
function* byBits(values) {
  const order = [...values.keys()].sort((one, other) => Math.abs(values[other]) - Math.abs(values[one]));
  const { rows, places } = systematic(order);
  const base = KNOWN_DATA.slice();
  const wrong = places.map((place) => Number(values[place] > 0) !== KNOWN_DATA[place]);
  rows.forEach((row, at) => wrong[at] && turn(base, row));
  yield base;
  const agreeing = Float32Array.from(values, (value, bit) => (base[bit] ? value : -value));
  for (const [first, second] of likeliestTurns(rows, agreeing)) {
    const turned = base.slice();
    turn(turned, rows[first]);
    if (second !== first) turn(turned, rows[second]);
    yield turned;
  }
}

/** @param {Uint8Array} bits @param {Uint8Array} row */
function turn(bits, row) {
  for (let bit = 0; bit < BITS; bit++) bits[bit] ^= row[bit];
}

/** The single rows and pairs of rows that agree best when turned. @param {Uint8Array[]} rows @param {Float32Array} agreeing */
function likeliestTurns(rows, agreeing) {
  const signed = rows.map((row) => Float32Array.from(row, (bit) => 1 - 2 * bit));
  const weighed = new Float32Array(BITS);
  /** @type {{sum: number, turned: [number, number]}[]} */
  const best = [];
  for (let first = 0; first < FREE_BITS; first++) {
    for (let bit = 0; bit < BITS; bit++) weighed[bit] = signed[first][bit] * agreeing[bit];
    for (let second = first; second < FREE_BITS; second++) {
      const sum = second === first ? weighed.reduce((all, value) => all + value, 0) : product(weighed, signed[second]);
      if (best.length === LIKELIEST && sum <= best[LIKELIEST - 1].sum) continue;
      best.push({ sum, turned: [first, second] });
      best.sort((one, other) => other.sum - one.sum);
      best.length = Math.min(best.length, LIKELIEST);
    }
  }
  return best.map(({ turned }) => turned);
}

/** @param {Float32Array} one @param {Float32Array} other */
function product(one, other) {
  let sum = 0;
  for (let bit = 0; bit < BITS; bit++) sum += one[bit] * other[bit];
  return sum;
}

const PACKED = BITS / 32;
/** @type {Uint32Array | null} the code words of each free data bit alone, eleven words a row */
let freeRows = null;

function allFreeRows() {
  const packed = new Uint32Array(FREE_BITS * PACKED);
  for (let free = 0; free < FREE_BITS; free++) {
    const data = Uint8Array.from({ length: DATA_BITS }, (_, bit) => Number(bit === KNOWN_BITS + free));
    encoded(data).forEach((bit, at) => (packed[free * PACKED + (at >> 5)] |= bit << (at & 31)));
  }
  return packed;
}

/** The free rows added up so that each alone holds one of the first independent bits. @param {number[]} order */
function systematic(order) {
  freeRows ??= allFreeRows();
  const packed = freeRows.slice();
  const waiting = new Set(Array(FREE_BITS).keys());
  /** @type {number[]} */
  const places = Array(FREE_BITS).fill(0);
  for (const place of order) {
    const holds = (/** @type {number} */ row) => (packed[row * PACKED + (place >> 5)] >>> (place & 31)) & 1;
    const pivot = [...waiting].find(holds);
    if (pivot === undefined) continue;
    waiting.delete(pivot);
    places[pivot] = place;
    for (let row = 0; row < FREE_BITS; row++) {
      if (row === pivot || !holds(row)) continue;
      for (let word = 0; word < PACKED; word++) packed[row * PACKED + word] ^= packed[pivot * PACKED + word];
    }
    if (!waiting.size) break;
  }
  const rows = [...places.keys()].map((row) =>
    Uint8Array.from({ length: BITS }, (_, at) => (packed[row * PACKED + (at >> 5)] >>> (at & 31)) & 1),
  );
  return { rows, places };
}
