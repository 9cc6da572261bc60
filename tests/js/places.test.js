/** Which sightings are one symbol, what is enough of them, and how bars are cut into bands. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bandsOf, straightened } from "../../web/static/js/lib/decoding/closer/cut-outs.js";
import { areEnough } from "../../web/static/js/lib/decoding/enough.js";
import { addWhereNoneIs, areRowsApart } from "../../web/static/js/lib/decoding/places.js";
import { cases } from "./cases.js";

/** @param {number} left @param {number} top @param {number} right @param {number} bottom */
const box = (left, top, right, bottom) => [
  { x: left, y: top },
  { x: right, y: top },
  { x: right, y: bottom },
  { x: left, y: bottom },
];

/** @param {string} symbology @param {ReturnType<typeof box>[]} places */
function toldAt(symbology, ...places) {
  /** @type {import("../../web/static/js/lib/decoding/places.js").Sighted[]} */
  const found = [];
  for (const corners of places) addWhereNoneIs(found, { text: "JJD0146000038890", symbology, corners });
  return found.map(({ corners }) => corners);
}

test("equal texts at different places are two symbols", () => {
  const [one, other] = [box(0, 0, 100, 100), box(0, 300, 100, 400)];
  assert.deepEqual(toldAt("QRCode", one, other, one), [one, other]);
});

test("of bars some rows and an end are no symbols of their own", () => {
  const [end, rows, whole] = [box(390, 400, 396, 406), box(0, 75, 400, 80), box(0, 0, 400, 60)];
  assert.deepEqual(toldAt("Code128", end, rows, whole), [rows]);
});

test("a reading ends with what is waited for, and one of everything never by itself", () => {
  const [code] = cases("payload").payloads;
  const label = { text: "SAMPLE-1" };
  assert.ok(areEnough([label], "label"));
  assert.ok(!areEnough([label], "delivery_code"));
  assert.ok(areEnough([label, { text: code }], "delivery_code"));
  assert.ok(!areEnough([{ text: "https://example.org/x?y=1" }, { text: code }], "label"));
  assert.ok(areEnough([label], "any"));
  assert.ok(!areEnough([], "any"));
  assert.ok(!areEnough([label, { text: code }], "all"));
});

test("bars are laid upright however they are turned, in bands that share no row", () => {
  // Bars across columns 40 to 160, read from top to bottom: a value for each row.
  const [width, height] = [200, 300];
  const data = Uint8ClampedArray.from({ length: width * height }, (_, at) => (Math.floor(at / width / 10) % 2) * 255);
  const downwards = [
    { x: 160, y: 50 },
    { x: 160, y: 250 },
    { x: 40, y: 250 },
    { x: 40, y: 50 },
  ];
  const straight = straightened({ data, width, height }, downwards, 2);
  assert.ok(straight);
  const bands = bandsOf(straight);
  assert.equal(
    bands.reduce((rows, { band }) => rows + band.height, 0),
    straight.height,
  );
  const rows = bands.map(({ band }) => [...band.data.slice(0, band.width)].map((value) => value > 127));
  for (const row of rows) assert.deepEqual(row, rows[0]);
  assert.ok(new Set(rows[0]).size === 2);
});

test("rows that lie apart are three over a tenth of their length", () => {
  const told = (/** @type {number} */ height, /** @type {number} */ rows) =>
    areRowsApart({ text: "4006381333931", symbology: "EAN13", corners: box(0, 0, 200, height), rows });
  assert.deepEqual([told(20, 3), told(19, 3), told(20, 2)], [true, false, false]);
});
