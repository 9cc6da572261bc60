/**
 * Lay the grid exactly on a symbol whose place is roughly known, as `scanner/decoding/known/grid_refinement.py` does:
 * inverse compositional Gauss-Newton over the eight numbers of a homography. Pure.
 */

import { FUNCTION, KNOWN_MODULES, SIDE } from "./known-symbol.js";
import { inverse, pointAt, product, solved } from "./matrices.js";
import { COUNT, QUIET, laidFlat, localLevels, modulesOf } from "./soft-sampling.js";

/** @typedef {import("./matrices.js").Place} Place */
/** @typedef {{values: Float32Array, weights: Float32Array, descent: Float32Array[], solver: Float64Array[]}} Template */

const SAMPLES = 3;
const ALL = COUNT * SAMPLES;
/** The module in which each sample lies. */
const MODULES = Uint16Array.from(
  { length: ALL * ALL },
  (_, at) => Math.floor(at / ALL / SAMPLES) * COUNT + Math.floor((at % ALL) / SAMPLES),
);
const FAINTEST = 4;
const STEPS = 8;
const STILL = 0.05;
const OUTLIER = 1.6;
const STRIDE = 1.6;
const CORNERS = [
  [0, 0],
  [SIDE, 0],
  [SIDE, SIDE],
  [0, SIDE],
];

/**
 * Return a place nearby where the known modules agree best, and how well: 1 is wholly.
 * @param {import("../steps.js").Grey} grey @param {Place} near @param {number} blur @param {number | null} mask
 * @returns {{place: Place, agreement: number}}
 */
export function refined(grey, near, blur, mask = null) {
  const template = templateOf(blur, mask);
  let place = near;
  let best = { place, agreement: -1 };
  for (let number = 0; number < STEPS; number++) {
    const flat = laidFlat(grey, place, SAMPLES);
    const { middle, half } = localLevels(modulesOf(flat, SAMPLES, 0).mean);
    let both = 0;
    let seen = 1e-9;
    let known = 1e-9;
    for (let at = 0; at < flat.length; at++) {
      const module = MODULES[at];
      const value = (middle[module] - flat[at]) / Math.max(half[module], FAINTEST);
      const told = Math.min(Math.max(value, -1), 1);
      const weight = template.weights[at];
      const aim = template.values[at];
      both += weight * told * aim;
      seen += weight * told * told;
      known += weight * aim * aim;
      // Tukey's weight: what lies over the symbol, a thumb or a lamp, pulls at nothing.
      flat[at] = (value - aim) * Math.max(0, 1 - ((value - aim) / OUTLIER) ** 2) ** 2;
    }
    const agreement = both / Math.sqrt(seen * known);
    if (agreement > best.agreement) best = { place, agreement };
    const slopes = template.descent.map((row) => sumOf(row, flat));
    const change = template.solver.map((row) => STRIDE * row.reduce((sum, value, at) => sum + value * slopes[at], 0));
    const step = [1 + change[0], change[1], change[2], change[3], 1 + change[4], change[5], change[6], change[7], 1];
    const back = inverse(step);
    if (!back) break;
    const next = product(place, back);
    place = next.map((value) => value / next[8]);
    const moves = CORNERS.map(([u, v]) => {
      const { x, y } = pointAt(step, u, v);
      return Math.max(Math.abs(x - u), Math.abs(y - v));
    });
    if (!place.every(Number.isFinite) || Math.max(...moves) < STILL) break;
  }
  return best;
}

/** @param {Float32Array} one @param {Float32Array} other */
function sumOf(one, other) {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += one[at] * other[at];
  return sum;
}

/** @type {Map<string, Template>} */
const templates = new Map();

/** @param {number} blur @param {number | null} mask @returns {Template} */
function templateOf(blur, mask) {
  const key = `${blur} ${mask}`;
  const made = templates.get(key) ?? drawn(blur, mask === null ? FUNCTION : KNOWN_MODULES[mask]);
  templates.set(key, made);
  return made;
}

/** @param {number} blur @param {Int8Array} known @returns {Template} */
function drawn(blur, known) {
  const modules = new Float32Array(ALL * ALL);
  const rough = new Float32Array(ALL * ALL);
  for (let at = 0; at < modules.length; at++) {
    const row = Math.floor(MODULES[at] / COUNT);
    const column = MODULES[at] % COUNT;
    const isInside = Math.min(row, column) >= QUIET && Math.max(row, column) < COUNT - QUIET;
    modules[at] = isInside ? known[(row - QUIET) * SIDE + column - QUIET] : -1;
    rough[at] = modules[at] && Math.min(row, column) > 0 && Math.max(row, column) < COUNT - 1 ? 1 : 0;
  }
  const values = blurred(modules, blur * SAMPLES);
  const near = blurred(rough, blur * SAMPLES);
  // Near unknown modules the drawn value is half a guess.
  const weights = rough.map((weight, at) => weight * near[at] ** 2);
  const rows = Array.from({ length: 8 }, () => new Float32Array(ALL * ALL));
  for (let y = 1; y < ALL - 1; y++) {
    for (let x = 1; x < ALL - 1; x++) {
      const at = y * ALL + x;
      const u = (x + 0.5) / SAMPLES - QUIET;
      const v = (y + 0.5) / SAMPLES - QUIET;
      const across = (slope(values, at, 1, ALL) * SAMPLES) / 8;
      const down = (slope(values, at, ALL, 1) * SAMPLES) / 8;
      const along = u * across + v * down;
      [u * across, v * across, across, u * down, v * down, down, -u * along, -v * along].forEach(
        (value, number) => (rows[number][at] = value),
      );
    }
  }
  const descent = rows.map((row) => row.map((value, at) => value * weights[at]));
  const hessian = new Float64Array(64);
  descent.forEach((weighed, one) => rows.forEach((row, other) => (hessian[8 * one + other] = sumOf(row, weighed))));
  const solver = rows.map((_, number) =>
    solved(
      hessian,
      Float64Array.from(rows, (_row, at) => Number(at === number)),
    ),
  );
  return { values, weights, descent, solver };
}

/** Sobel's difference along one axis. @param {Float32Array} values @param {number} at @param {number} step @param {number} across */
function slope(values, at, step, across) {
  const line = (/** @type {number} */ from) => values[from + step] - values[from - step];
  return line(at - across) + 2 * line(at) + line(at + across);
}

/** @param {Float32Array} values @param {number} sigma */
function blurred(values, sigma) {
  const reach = Math.ceil(3 * sigma);
  const kernel = Float32Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = kernel.reduce((sum, value) => sum + value);
  let now = values;
  for (const step of [1, ALL]) {
    const next = new Float32Array(now.length);
    for (let at = 0; at < now.length; at++) {
      const place = step === 1 ? at % ALL : Math.floor(at / ALL);
      for (let by = -reach; by <= reach; by++) {
        const to = Math.min(Math.max(place + by, 0), ALL - 1) - place;
        next[at] += (kernel[by + reach] / total) * now[at + to * step];
      }
    }
    now = next;
  }
  return now;
}
