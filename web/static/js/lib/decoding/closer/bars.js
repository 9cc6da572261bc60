/**
 * How bars lie: rows that cross them at a slant leave a symbol before its end, and may take what they crossed for all.
 * `scanner/decoding/closer/bars.py` holds the same rule. Pure.
 */

import { areRowsApart } from "../places.js";

/** @typedef {import("../steps.js").Grey} Grey */
/** @typedef {import("../places.js").Sighted} Sighted */
/** @typedef {import("../places.js").Point} Point */

// They say nothing of their length, and some of their characters look like an end.
const CUT_SHORT = new Set(["ITF", "Code39", "Codabar"]);
const SQUARE_DEGREES = 5;
const AROUND = 4;

/** Say whether a symbol that was read along rows or columns cannot have been cut short so. @param {Grey} grey @param {Sighted} symbol */
export function isWhole(grey, symbol) {
  if (!CUT_SHORT.has(symbol.symbology) || areRowsApart(symbol)) return true;
  return Math.abs(slantDegrees(grey, symbol.corners)) <= SQUARE_DEGREES;
}

/**
 * How far bars are from upright or level, -45 to 45: brightness changes across them alone.
 * @param {Grey} grey @param {Point[]} corners
 */
export function slantDegrees({ data, width, height }, corners) {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const inside = (/** @type {number} */ value, /** @type {number} */ size) =>
    Math.min(Math.max(1, Math.round(value)), size - 1);
  const [left, right] = [inside(Math.min(...xs) - AROUND, width), inside(Math.max(...xs) + AROUND, width)];
  const [top, bottom] = [inside(Math.min(...ys) - AROUND, height), inside(Math.max(...ys) + AROUND, height)];
  let [across, down, both] = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left, at = y * width + left; x < right; x++, at++) {
      const dx = data[at + 1] - data[at - 1];
      const dy = data[at + width] - data[at - width];
      across += dx * dx;
      down += dy * dy;
      both += dx * dy;
    }
  }
  const degrees = (Math.atan2(2 * both, across - down) * 90) / Math.PI;
  return ((degrees + 135) % 90) - 45;
}
