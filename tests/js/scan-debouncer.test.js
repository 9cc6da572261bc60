/** Which symbols of a camera's pictures are new. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ScanDebouncer } from "../../web/static/js/lib/scanning/scan-debouncer.js";

const label = { text: "SAMPLE-1", symbology: "Code128" };
const code = { text: "7310000000000000000000000000000033", symbology: "QRCode" };
const next = { text: "SAMPLE-2", symbology: "Code128" };
const weak = { text: "12345678", symbology: "ITF" };

/** @type {ScanDebouncer} */
let debouncer;
let now = 0;
/** @param {number} seconds @param {(typeof label)[]} symbols @param {boolean} [busy] */
function look(seconds, symbols, busy = false) {
  const fresh = [];
  for (let frame = 0; frame < seconds * 10; frame += 1) fresh.push(...debouncer.see(symbols, (now += 100), busy));
  return fresh;
}

beforeEach(() => {
  debouncer = new ScanDebouncer();
  now = 0;
});

test("a symbol that stays in the picture counts once", () => {
  assert.deepEqual(look(30, [label, code]), [label.text, code.text]);
});

test("one that went and came back counts again", () => {
  look(1, [label]);
  look(3, []);
  assert.deepEqual(look(1, [label]), [label.text]);
});

test("a label still in view after the handover is not the next stop's parcel", () => {
  look(1, [label, code]);
  debouncer.finish(now);
  look(4, [label, code], true);
  assert.deepEqual(look(20, [label, code]), []);
});

test("nor is one that is read now and then while the phone is lowered", () => {
  look(1, [label]);
  look(3, [code]);
  debouncer.finish(now);
  look(5, [], true);
  for (let glimpse = 0; glimpse < 10; glimpse += 1) {
    assert.deepEqual(look(0.1, [label]), []);
    look(3, []);
  }
});

test("another label is taken at once, and the old one when it was away", () => {
  look(1, [label, code]);
  debouncer.finish(now);
  assert.deepEqual(look(1, [label, next]), [next.text]);
  look(5, []);
  assert.deepEqual(look(1, [label]), [label.text]);
});

test("what comes into the picture during a verdict is new when the verdict is gone", () => {
  look(1, [label]);
  debouncer.finish(now);
  look(2, [next], true);
  assert.deepEqual(look(1, [next]), [next.text]);
});

test("a kind that is easily misread is believed at its second reading", () => {
  assert.deepEqual(look(0.1, [weak]), []);
  assert.deepEqual(look(3, [weak]), [weak.text]);
});
