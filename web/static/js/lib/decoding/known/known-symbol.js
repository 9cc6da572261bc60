/**
 * The delivery code's symbol as ISO/IEC 18004 lays it out: QR version 2, level H, 34 digits that begin with 731. Pure.
 * `scanner/decoding/known/known_symbol.py` holds the same; modules are told as signs: +1 is dark, -1 is light.
 */

import { checkSymbols } from "./reed-solomon.js";

export const SIDE = 25;
export const CHECK_WORDS = 28;
export const CODE_WORDS = 44;
export const KNOWN_WORDS = 3;
export const BITS = 8 * CODE_WORDS;
export const DATA_BITS = 8 * (CODE_WORDS - CHECK_WORDS);
export const KNOWN_BITS = 8 * KNOWN_WORDS;
const HEADER = `0001${binary(34, 10)}`;
const REMAINDER_BITS = 7;

/** @param {number} value @param {number} width */
function binary(value, width) {
  return value.toString(2).padStart(width, "0");
}

// The rule of `codes/values/payload.py`, whole: here alone is a text told that nobody else decoded.
export const isPayload = (/** @type {string} */ text) => /^731[0-9]{31}$/.test(text) && BigInt(text) % 97n === 1n;

/** @param {Uint8Array} bits 352 or more @returns {string | null} the 34 digits, where they are a payload of ours */
export function textOf(bits) {
  const whole = bits.subarray(0, DATA_BITS).join("");
  if (!whole.startsWith(HEADER)) return null;
  let text = "";
  for (let at = HEADER.length; at < DATA_BITS - 4; at += 10) {
    text += String(parseInt(whole.slice(at, at + 10), 2)).padStart(3, "0");
  }
  text += String(parseInt(whole.slice(-4), 2));
  return isPayload(text) ? text : null;
}

/** @param {Uint8Array} data 128 bits @returns {Uint8Array} 352 */
export function encoded(data) {
  const words = Uint8Array.from({ length: DATA_BITS / 8 }, (_, at) =>
    parseInt(data.subarray(8 * at, 8 * at + 8).join(""), 2),
  );
  return bitsOf([...words, ...checkSymbols(words, CHECK_WORDS)]);
}

/** @param {ArrayLike<number>} words @returns {Uint8Array} */
export const bitsOf = (words) =>
  Uint8Array.from({ length: 8 * words.length }, (_, at) => (words[at >> 3] >> (7 - (at & 7))) & 1);

/** @param {number} row @param {number} column */
const at = (row, column) => row * SIDE + column;

/** Finders with separators, timing, alignment and the dark module (§6.3, §7.9.1); 0 elsewhere. */
export const FUNCTION = functionPatterns();

function functionPatterns() {
  const modules = new Int8Array(SIDE * SIDE);
  for (let step = 8; step < SIDE - 8; step++) modules[at(6, step)] = modules[at(step, 6)] = step % 2 ? -1 : 1;
  for (const [row, column] of [
    [3, 3],
    [3, SIDE - 4],
    [SIDE - 4, 3],
  ]) {
    rings(modules, row, column, 4, (ring) => ring === 2 || ring === 4);
  }
  rings(modules, SIDE - 7, SIDE - 7, 2, (ring) => ring === 1);
  modules[at(SIDE - 8, 8)] = 1;
  return modules;
}

/** @param {Int8Array} modules @param {number} row @param {number} column @param {number} reach @param {(ring: number) => boolean} isLight */
function rings(modules, row, column, reach, isLight) {
  for (let y = Math.max(0, row - reach); y <= Math.min(SIDE - 1, row + reach); y++) {
    for (let x = Math.max(0, column - reach); x <= Math.min(SIDE - 1, column + reach); x++) {
      modules[at(y, x)] = isLight(Math.max(Math.abs(y - row), Math.abs(x - column))) ? -1 : 1;
    }
  }
}

/** Where the 15 format bits stand twice, the most significant first (§7.9.1, figure 25). */
const FORMAT_PLACES = [
  [...[0, 1, 2, 3, 4, 5, 7, 8].map((x) => at(8, x)), ...[7, 5, 4, 3, 2, 1, 0].map((y) => at(y, 8))],
  Array.from({ length: 15 }, (_, bit) => (bit < 7 ? at(SIDE - 1 - bit, 8) : at(8, SIDE - 15 + bit))),
];

/** Level H and the mask under BCH (15, 5) (§7.9.1). @param {number} mask */
function formatWord(mask) {
  const data = (2 << 3) | mask;
  let rest = data << 10;
  for (let bit = 14; bit >= 10; bit--) if ((rest >> bit) & 1) rest ^= 0b10100110111 << (bit - 10);
  return ((data << 10) | rest) ^ 0b101010000010010;
}

/** The place of each data bit: two columns at a time, upwards first, from the right (§7.7.3). */
export const PLACES = dataPlaces();

function dataPlaces() {
  const taken = new Set(FORMAT_PLACES.flat());
  FUNCTION.forEach((value, place) => value && taken.add(place));
  const places = [];
  let upwards = true;
  for (const right of [24, 22, 20, 18, 16, 14, 12, 10, 8, 5, 3, 1]) {
    for (let step = 0; step < SIDE; step++) {
      const row = upwards ? SIDE - 1 - step : step;
      places.push(...[at(row, right), at(row, right - 1)].filter((place) => !taken.has(place)));
    }
    upwards = !upwards;
  }
  return Uint16Array.from(places);
}

/** The code word whose first 24 bits are ours and whose other data are zero. */
export const KNOWN_DATA = encoded(Uint8Array.from(`${HEADER}${binary(731, 10)}`.padEnd(DATA_BITS, "0"), Number));

/** @type {((i: number, j: number) => number)[]} §7.8.2, table 10 */
const CONDITIONS = [
  (i, j) => (i + j) % 2,
  (i) => i % 2,
  (_, j) => j % 3,
  (i, j) => (i + j) % 3,
  (i, j) => ((i >> 1) + Math.floor(j / 3)) % 2,
  (i, j) => ((i * j) % 2) + ((i * j) % 3),
  (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2,
  (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2,
];

/** For each mask, -1 for each data bit that it inverts. */
export const MASK_SIGNS = CONDITIONS.map((condition) =>
  Int8Array.from(PLACES, (place) => (condition(Math.floor(place / SIDE), place % SIDE) ? 1 : -1)),
);

/** For each mask, every module that is the same in all of our symbols; 0 elsewhere. */
export const KNOWN_MODULES = MASK_SIGNS.map((signs, mask) => {
  const modules = FUNCTION.slice();
  const word = formatWord(mask);
  for (const places of FORMAT_PLACES)
    places.forEach((place, bit) => (modules[place] = (word >> (14 - bit)) & 1 ? 1 : -1));
  for (let bit = 0; bit < KNOWN_BITS; bit++) modules[PLACES[bit]] = (2 * KNOWN_DATA[bit] - 1) * signs[bit];
  for (let bit = BITS; bit < BITS + REMAINDER_BITS; bit++) modules[PLACES[bit]] = -signs[bit];
  return modules;
});

/** The mask under which most of what is known agrees, and the next one. @param {ArrayLike<number>} soft */
export function likeliestMasks(soft) {
  const agreement = KNOWN_MODULES.map((known) => known.reduce((sum, sign, place) => sum + sign * soft[place], 0));
  return [...agreement.keys()].sort((one, other) => agreement[other] - agreement[one]);
}
