/**
 * From a picture and a symbol's place to soft modules: how dark each of 25 × 25 looks, and how sure that is. Pure.
 * As `scanner/decoding/known/soft_sampling.py` does it.
 */

import { FUNCTION, SIDE } from "./known-symbol.js";
import { solved } from "./matrices.js";

/** @typedef {import("../steps.js").Grey} Grey */
/** @typedef {import("./matrices.js").Place} Place */

export const QUIET = 3;
export const COUNT = SIDE + 2 * QUIET;
const SAMPLES = 6;
const NOISE = 2;
const CONTRAST_NOISE = 0.25;
const FAINT = 6;
const REACHES = [2, 3];
const RIDGE = 0.5;
const MOST = 1.5;

/**
 * Lay the symbol with its border flat, so many samples a module across and down.
 * @param {Grey} grey @param {Place} place @param {number} samples @returns {Float32Array}
 */
export function laidFlat({ data, width, height }, place, samples) {
  const side = COUNT * samples;
  const flat = new Float32Array(side * side);
  const [a, b, c, d, e, f, g, h, i] = place;
  for (let row = 0, to = 0; row < side; row++) {
    const v = (row + 0.5) / samples - QUIET;
    for (let column = 0; column < side; column++, to++) {
      const u = (column + 0.5) / samples - QUIET;
      const depth = g * u + h * v + i;
      const x = Math.min(Math.max((a * u + b * v + c) / depth, 0), width - 1.001);
      const y = Math.min(Math.max((d * u + e * v + f) / depth, 0), height - 1.001);
      const at = (y | 0) * width + (x | 0);
      const right = x - (x | 0);
      const down = y - (y | 0);
      const upper = data[at] + right * (data[at + 1] - data[at]);
      const lower = data[at + width] + right * (data[at + width + 1] - data[at + width]);
      flat[to] = upper + down * (lower - upper);
    }
  }
  return flat;
}

/** Means of each module, and how much differs inside it; the outermost samples only where all are asked for. */
/** @param {Float32Array} flat @param {number} samples @param {number} margin */
export function modulesOf(flat, samples, margin) {
  const [mean, variance] = [new Float32Array(COUNT * COUNT), new Float32Array(COUNT * COUNT)];
  const count = (samples - 2 * margin) ** 2;
  for (let module = 0; module < mean.length; module++) {
    const first = Math.floor(module / COUNT) * samples * COUNT * samples + (module % COUNT) * samples;
    let sum = 0;
    let squares = 0;
    for (let row = margin; row < samples - margin; row++) {
      for (let column = margin; column < samples - margin; column++) {
        const value = flat[first + row * COUNT * samples + column];
        sum += value;
        squares += value * value;
      }
    }
    mean[module] = sum / count;
    variance[module] = Math.max(0, squares / count - mean[module] ** 2);
  }
  return { mean, variance };
}

/** The grey between black and white around each module, and half their difference. @param {Float32Array} mean */
export function localLevels(mean) {
  const white = averaged(extreme(mean, Math.max));
  const black = averaged(extreme(mean, Math.min));
  return {
    middle: white.map((value, at) => (value + black[at]) / 2),
    half: white.map((value, at) => Math.max((value - black[at]) / 2, 1)),
  };
}

/** @param {Float32Array} values @param {(one: number, other: number) => number} which */
const extreme = (values, which) => spread(values, 3, which, (value) => value);
/** @param {Float32Array} values */
const averaged = (values) =>
  spread(
    values,
    2,
    (one, other) => one + other,
    (value, count) => value / count,
  );

/** Join each row's neighbours, then each column's. */
/** @param {Float32Array} values @param {number} reach @param {(one: number, other: number) => number} join @param {(value: number, count: number) => number} end */
function spread(values, reach, join, end) {
  let now = values;
  for (const step of [1, COUNT]) {
    const next = new Float32Array(now.length);
    for (let at = 0; at < now.length; at++) {
      const place = step === 1 ? at % COUNT : Math.floor(at / COUNT);
      const [first, last] = [Math.max(-reach, -place), Math.min(reach, COUNT - 1 - place)];
      let joined = now[at + first * step];
      for (let by = first + 1; by <= last; by++) joined = join(joined, now[at + by * step]);
      next[at] = end(joined, last - first + 1);
    }
    now = next;
  }
  return now;
}

/** @param {number} value @param {number} most */
const within = (value, most) => Math.min(Math.max(value, -most), most);

/** Soft grids of 25 × 25: as it looks, then unsmeared within two modules and within three. */
/** @param {Grey} grey @param {Place} place @returns {Float32Array[]} */
export function softGrids(grey, place) {
  const { mean, variance } = modulesOf(laidFlat(grey, place, SAMPLES), SAMPLES, 1);
  const { middle, half } = localLevels(mean);
  const dark = mean.map((value, at) => (middle[at] - value) / half[at]);
  const plain = dark.map(
    (value, at) => within(value, 1) / ((NOISE ** 2 + variance[at]) / half[at] ** 2 + CONTRAST_NOISE ** 2),
  );
  const weight = half.map((value) => Math.min(value / FAINT, 1) ** 2);
  const others = REACHES.map((reach) =>
    unsmeared(dark, weight, reach).map((value, at) => within(value, MOST) * weight[at]),
  );
  return [plain, ...others].map(inner);
}

/** @param {Float32Array} values */
const inner = (values) =>
  Float32Array.from(
    { length: SIDE * SIDE },
    (_, at) => values[(Math.floor(at / SIDE) + QUIET) * COUNT + (at % SIDE) + QUIET],
  );

/** What is known around and in the symbol: white beside it, function patterns; the outermost modules are left out. */
const WANTED = Int8Array.from({ length: COUNT * COUNT }, (_, at) => {
  const [row, column] = [Math.floor(at / COUNT), at % COUNT];
  if (Math.min(row, column) === 0 || Math.max(row, column) === COUNT - 1) return 0;
  const isInside = Math.min(row, column) >= QUIET && Math.max(row, column) < COUNT - QUIET;
  return isInside ? FUNCTION[(row - QUIET) * SIDE + column - QUIET] : -1;
});

/** What a linear filter makes of each module's neighbourhood that brings the known ones nearest to ±1. */
/** @param {Float32Array} dark @param {Float32Array} weight @param {number} reach */
function unsmeared(dark, weight, reach) {
  const n = (2 * reach + 1) ** 2 + 1;
  const around = new Float32Array(COUNT * COUNT * n);
  for (let at = 0, to = 0; at < dark.length; at++) {
    const [row, column] = [Math.floor(at / COUNT), at % COUNT];
    for (let y = row - reach; y <= row + reach; y++) {
      const line = Math.min(Math.max(y, 0), COUNT - 1) * COUNT;
      for (let x = column - reach; x <= column + reach; x++)
        around[to++] = dark[line + Math.min(Math.max(x, 0), COUNT - 1)];
    }
    around[to++] = 1;
  }
  const [squares, aims] = [new Float64Array(n * n), new Float64Array(n)];
  for (let at = 0; at < dark.length; at++) {
    if (!WANTED[at]) continue;
    const sample = around.subarray(at * n, at * n + n);
    for (let row = 0; row < n; row++) {
      const weighed = sample[row] * weight[at];
      aims[row] += weighed * WANTED[at];
      for (let column = 0; column <= row; column++) squares[row * n + column] += weighed * sample[column];
    }
  }
  for (let row = 0; row < n; row++) squares[row * n + row] += RIDGE;
  const taps = solved(squares, aims);
  return dark.map((_, at) => {
    let sum = 0;
    for (let by = 0; by < n; by++) sum += around[at * n + by] * taps[by];
    return sum;
  });
}
