/** How bars lie, and what may have been cut short. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isWhole, slantDegrees } from "../../web/static/js/lib/decoding/closer/bars.js";

const CORNERS = [
  { x: 60, y: 48 },
  { x: 140, y: 48 },
  { x: 140, y: 52 },
  { x: 60, y: 52 },
];

/** @param {number} degrees */
function bars(degrees) {
  const [width, height, turn] = [200, 100, (degrees * Math.PI) / 180];
  const data = new Uint8ClampedArray(width * height);
  for (let at = 0; at < data.length; at++) {
    const across = (at % width) * Math.cos(turn) + Math.floor(at / width) * Math.sin(turn);
    data[at] = 128 + 100 * Math.sin(across / 2);
  }
  return { data, width, height };
}

test("the slant of bars is seen", () => {
  for (const degrees of [-40, -20, 0, 3, 10, 30]) {
    assert.ok(Math.abs(slantDegrees(bars(degrees), CORNERS) - degrees) < 2, `${degrees}`);
  }
  assert.ok(Math.abs(slantDegrees(bars(97), CORNERS) - 7) < 2);
});

test("what a row tells of slanted bars may be a part of them, if nothing says how long they are", () => {
  const told = (/** @type {string} */ symbology, rows = 1, corners = CORNERS) => ({
    symbology,
    text: "783948",
    corners,
    rows,
  });
  assert.ok(isWhole(bars(0), told("ITF")));
  assert.ok(!isWhole(bars(20), told("ITF")));
  assert.ok(isWhole(bars(20), told("Code128")));
  const apart = CORNERS.map(({ x, y }) => ({ x, y: y < 50 ? 40 : 60 }));
  assert.ok(isWhole(bars(20), told("ITF", 3, apart)));
});
