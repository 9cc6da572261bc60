/** The page's tracking numbers, on the cases that `tests/codes/values/test_tracking_numbers.py` reads, too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { asReference, numberOf, referenceIn, sameNumber } from "../../web/static/js/lib/handing/tracking-number.js";
import { cases } from "./cases.js";

const table = cases("tracking-numbers");

test("a number is shown and compared in one form", () => {
  for (const { text, reference, number } of table.written) {
    assert.deepEqual(
      [asReference(text), numberOf(text), numberOf(reference)],
      [reference, number, number],
      JSON.stringify(text),
    );
  }
});

test("what can be no number is none", () => {
  for (const text of table.none)
    assert.deepEqual([asReference(text), numberOf(text)], [null, null], JSON.stringify(text));
});

test("two writings of a number are the same, and two numbers that look alike are not", () => {
  for (const [one, other] of table.same) assert.ok(sameNumber(one, other), `${one} ${other}`);
  for (const [one, other] of table.different) assert.ok(!sameNumber(one, other), `${one} ${other}`);
});

test("a number within a longer text is found if it is the only one", () => {
  for (const { text, known, found, why } of table.contained) assert.equal(referenceIn(text, known), found, why);
});
