/** Modules found one by one where a symbol was located and not read. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { drawnAnew } from "../../web/static/js/lib/decoding/closer/grid.js";
import { cases } from "./cases.js";

const SIDE = 25;
const MODULE = 6;
const EDGE = 40;
const rows = /** @type {string[]} */ (cases("soft-grids").cases[0].rows);
const isDark = (/** @type {number} */ row, /** @type {number} */ column) => rows[row].charCodeAt(column) > 109;

/** Draw a symbol on a sheet that is curled by two thirds of a module. */
function curled() {
  const side = SIDE * MODULE + 2 * EDGE;
  const data = new Uint8ClampedArray(side * side).fill(200);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const column = Math.floor((x - EDGE + 4 * Math.sin(y / 35)) / MODULE);
      const row = Math.floor((y - EDGE + 4 * Math.sin(x / 35)) / MODULE);
      const isInside = Math.min(row, column) >= 0 && Math.max(row, column) < SIDE;
      if (isInside && isDark(row, column)) data[y * side + x] = 60;
    }
  }
  return { data, width: side, height: side };
}

/** @param {ReturnType<typeof curled>} picture @param {number} side */
function read(picture, side) {
  const corners = [0, 1, 2, 3].map((corner) => ({
    x: EDGE + (corner % 3 ? SIDE * MODULE : 0),
    y: EDGE + (corner > 1 ? SIDE * MODULE : 0),
  }));
  const steps = drawnAnew(picture, corners, side);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

test("a grid is bent until the modules of a curled symbol are found", () => {
  const drawn = read(curled(), SIDE);
  assert.ok(drawn);
  const [quiet, module] = [4, drawn.width / (SIDE + 8)];
  const wrong = rows.flatMap((line, row) =>
    [...line].filter((_, column) => {
      const at = (row + quiet) * module * drawn.width + (column + quiet) * module;
      return drawn.data[at] < 128 !== isDark(row, column);
    }),
  );
  assert.ok(wrong.length <= 3, `${wrong.length} wrong`);
});

test("where no symbol of a size is, or one too large, none is drawn", () => {
  assert.equal(read(curled(), 41), null);
  assert.equal(read(curled(), 61), null);
});
