/** Preparations that compare each pixel of a grey picture with its surroundings. Pure. */

import { atMost, means } from "./steps.js";

/** @typedef {import("./steps.js").Grey} Grey */
/** @typedef {import("./steps.js").View} View */

/** Split a reduced copy into black and white against the mean of its surroundings: glare and shadow fall out. @param {Grey} grey @param {number} side @param {number} reach @returns {View} */
export function split(grey, side, reach) {
  const { grey: small, back } = atMost(grey, side);
  const around = means(small, reach);
  return { grey: { ...small, data: small.data.map((value, at) => (value > around[at] ? 255 : 0)) }, back };
}

/** Fill dark specks and cracks of a reduced copy with their lighter surroundings. @param {Grey} grey @param {number} side @param {number} reach @returns {View} */
export function closed(grey, side, reach) {
  const { grey: small, back } = atMost(grey, side);
  const { width, height } = small;
  const lighter = small.data.slice();
  extremes(lighter, width, height, reach, true);
  extremes(lighter, width, height, reach, false);
  return { grey: { data: lighter, width, height }, back };
}

/** Give each pixel the lightest, or the darkest, of the square around it. @param {Uint8ClampedArray} data @param {number} width @param {number} height @param {number} reach @param {boolean} lightest */
function extremes(data, width, height, reach, lightest) {
  // What is sought for the darkest is sought for the lightest of the negative.
  if (!lightest) for (let at = 0; at < data.length; at++) data[at] = 255 - data[at];
  for (let y = 0; y < height; y++) lighten(data, y * width, 1, width, reach);
  for (let x = 0; x < width; x++) lighten(data, x, width, height, reach);
  if (!lightest) for (let at = 0; at < data.length; at++) data[at] = 255 - data[at];
}

/** @param {Uint8ClampedArray} data @param {number} first @param {number} stride @param {number} count @param {number} reach */
function lighten(data, first, stride, count, reach) {
  const line = new Uint8Array(count + 2 * reach);
  for (let at = 0; at < count; at++) line[at + reach] = data[first + at * stride];
  for (let at = 0; at < count; at++) {
    let most = line[at];
    for (let near = at + 1; near <= at + 2 * reach; near++) if (line[near] > most) most = line[near];
    data[first + at * stride] = most;
  }
}
