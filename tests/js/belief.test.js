/** What a reading of a weak kind is worth, on the cases that pytest reads, too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Sightings } from "../../web/static/js/lib/decoding/belief.js";
import { cases } from "./cases.js";

/** @param {{symbology: string, text: string, box: number[]}} symbol */
function sighted({ symbology, text, box: [left, top, right, bottom] }) {
  const corners = [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
  return { symbology, text, corners };
}

// UPC-A is EAN-13 with a zero before it.
const padded = (/** @type {string[]} */ texts) => [...new Set(texts.map((text) => text.padStart(13, "0")))];

for (const { why, attempts, believed } of cases("confirmation").cases) {
  test(why, () => {
    const sightings = new Sightings();
    sightings.next();
    for (const { name, symbols } of attempts) sightings.add(name, symbols.map(sighted));
    const all = attempts.flatMap((/** @type {{symbols: any[]}} */ { symbols }) => symbols.map(sighted));
    const told = all
      .filter((/** @type {any} */ symbol) => sightings.believes(symbol))
      .map((/** @type {any} */ { text }) => text);
    assert.deepEqual(padded(told), padded(believed));
  });
}
