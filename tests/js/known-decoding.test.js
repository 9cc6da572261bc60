/** The delivery code's own decoder, on the soft grids that pytest reads, too. */

import "./image-data.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ladder } from "../../web/static/js/lib/decoding/ladder.js";
import { KnownReader } from "../../web/static/js/lib/decoding/known/known-reader.js";
import { BITS, KNOWN_MODULES, MASK_SIGNS, PLACES, SIDE } from "../../web/static/js/lib/decoding/known/known-symbol.js";
import { checkSymbols, correct } from "../../web/static/js/lib/decoding/known/reed-solomon.js";
import { decode } from "../../web/static/js/lib/decoding/known/soft-decoding.js";
import { cases } from "./cases.js";

const gridOf = (/** @type {string[]} */ rows) => [...rows.join("")].map((sign) => sign.charCodeAt(0) - 109);
const table = cases("soft-grids").cases;

for (const { why, rows, text } of table) {
  test(why, () => assert.equal(decode(gridOf(rows)), text));
}

test("errors and erasures within reach are corrected", () => {
  const data = Uint8Array.from({ length: 16 }, (_, at) => (at * 37 + 5) & 255);
  const word = Uint8Array.from([...data, ...checkSymbols(data, 28)]);
  for (let erasures = 0; erasures <= 28; erasures++) {
    const errors = Math.floor((28 - erasures) / 2);
    const received = word.map((value, at) => (at < erasures + errors ? value ^ (at + 1) : value));
    const erased = Array.from({ length: erasures }, (_, at) => at);
    assert.deepEqual(correct(received, erased, 28), word);
    if (erasures < 20) assert.equal(correct(received.with(43, word[43] ^ 1), erased.slice(1), 28), null);
  }
});

/** Draw a symbol as a screen shows it, eight pixels a module and turned a little. @param {number[]} modules */
function pictureOf(modules) {
  const [width, height] = [480, 400];
  const data = new Uint8ClampedArray(width * height).fill(235);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [(x - 120 + 0.12 * (y - 80)) / 8, (y - 80 - 0.12 * (x - 120)) / 8];
      const isInside = u >= 0 && v >= 0 && u < SIDE && v < SIDE;
      if (isInside && modules[Math.floor(v) * SIDE + Math.floor(u)] > 0) data[y * width + x] = 30;
    }
  }
  return { data, width, height };
}

test("a symbol is found, laid on its grid and read, and none is found in noise", () => {
  const { rows, text } = table[0];
  const [found] = new KnownReader().read(pictureOf(gridOf(rows)));
  assert.equal(found.text, text);
  assert.ok(Math.hypot(found.corners[0].x - 120, found.corners[0].y - 80) < 6);
  const noise = Uint8ClampedArray.from({ length: 640 * 360 }, (_, at) => (at * 2654435761) >>> 24);
  assert.deepEqual(new KnownReader().read({ data: noise, width: 640, height: 360 }), []);
});

test("light modules on dark are searched for by turns, and followed", () => {
  const { rows, text } = table[0];
  const { data, ...size } = pictureOf(gridOf(rows));
  const picture = { ...size, data: data.map((value) => 255 - value) };
  const reader = new KnownReader();
  const texts = [1, 2, 3].flatMap(() => reader.read(picture)).map((symbol) => symbol.text);
  assert.deepEqual(texts, [text]);
});

test("the search goes on with the next frames where one has no time for it", async () => {
  const { rows, text } = table[0];
  const picture = pictureOf(gridOf(rows));
  let now = 0;
  // A decoder that finds nothing, and 20 ms each time that the clock is looked at.
  const ladder = new Ladder(
    async () => [],
    () => (now += 20),
  );
  /** @type {number[]} */
  const times = [];
  let texts = [];
  while (!texts.length && times.length < 20) {
    const began = now;
    const found = await ladder.frame(picture, ["QRCode"], "delivery_code");
    texts = found.map((symbol) => symbol.text);
    times.push(now - began);
  }
  assert.deepEqual(texts, [text]);
  assert.ok(times.length > 2);
  assert.ok(Math.max(...times) <= 120);
});

test("every module is known, or the place of one bit", () => {
  assert.equal(new Set(PLACES).size, PLACES.length);
  assert.equal(PLACES.length, BITS + 7);
  assert.equal(MASK_SIGNS.length, KNOWN_MODULES.length);
});
