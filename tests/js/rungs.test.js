/** Every rung knows the way back from its prepared picture. */

import "./image-data.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { rungsForStill } from "../../web/static/js/lib/decoding/rungs.js";

for (const [width, height] of [
  [220, 150],
  [2600, 1300],
]) {
  const grey = { data: new Uint8ClampedArray(width * height).fill(128), width, height };
  for (const { name, step } of rungsForStill(grey).flat()) {
    test(`the middle of a picture of ${width} × ${height} stays the middle: ${name}`, () => {
      const { grey: made, back } = step(grey);
      const [a, b, c, d, e, f] = back;
      const [x, y] = [made.width / 2, made.height / 2];
      assert.ok(Math.abs(a * x + b * y + c - width / 2) < 3, `${a * x + b * y + c}`);
      assert.ok(Math.abs(d * x + e * y + f - height / 2) < 3, `${d * x + e * y + f}`);
    });
  }
}
