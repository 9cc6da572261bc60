/** What the page says without network, on the cases by which pytest tries the service. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { offlineOutcome } from "../../web/static/js/driver/offline-verdict.js";
import { cases } from "./cases.js";

const table = cases("offline-verdict");
const HOUR = 3_600_000;
const START = Date.parse("2026-11-24T06:00:00Z");
const DIGESTS = /** @type {Record<string, string>} */ ({
  "MINE-1": "aa",
  "MINE-2": "aa",
  "OTHER-1": "bb",
  "ABSENT-1": "cc",
});

/** @param {string} reference */
const carried = (reference) => ({
  reference,
  code_required: reference !== "GIFT-1",
  recipient_language: "de",
  awaited: null,
  digests: reference === "GIFT-1" ? [] : [DIGESTS[reference]],
  consignment: reference.startsWith("MINE") ? 0 : null,
  handed_over_at: null,
  not_handed_over: null,
  wished_point: null,
});

for (const { why, offline = "hand_over", shown, tap, at = 2, given = [], in_hand: inHand, page } of table.cases) {
  test(`${why}: ${page}`, () => {
    const manifest = {
      made_at: new Date(START).toISOString(),
      valid_until: new Date(START + table.shift_hours * HOUR).toISOString(),
      offline,
      parcels: ["MINE-1", "MINE-2", "OTHER-1", "GIFT-1"].map(carried),
    };
    const held = inHand.map((/** @type {[string, "label"|"choice"]} */ [reference, by]) => ({ reference, by }));
    const moment = { given: new Set(/** @type {string[]} */ (given)), now: START + at * HOUR };
    assert.equal(offlineOutcome(manifest, held, { digest: shown ? DIGESTS[shown] : null, tap }, moment), page);
  });
}

test("what a parcel's own row says was handed over is not handed over again", () => {
  const manifest = {
    made_at: new Date(START).toISOString(),
    valid_until: new Date(START + 14 * HOUR).toISOString(),
    offline: /** @type {const} */ ("hand_over"),
    parcels: [{ ...carried("MINE-1"), handed_over_at: new Date(START).toISOString() }],
  };
  const held = [{ reference: "MINE-1", by: /** @type {const} */ ("label") }];
  assert.equal(
    offlineOutcome(manifest, held, { digest: "aa" }, { given: new Set(), now: START + HOUR }),
    "already_handed_over",
  );
});

test("a delegate's symbol opens no parcel that joined the consignment later", () => {
  const manifest = {
    made_at: new Date(START).toISOString(),
    valid_until: new Date(START + 14 * HOUR).toISOString(),
    offline: /** @type {const} */ ("hand_over"),
    parcels: [{ ...carried("MINE-1"), digests: ["aa", "dd"] }, carried("MINE-2")],
  };
  const held = (/** @type {string} */ reference) => [{ reference, by: /** @type {const} */ ("label") }];
  const moment = { given: /** @type {Set<string>} */ (new Set()), now: START + HOUR };
  assert.equal(offlineOutcome(manifest, held("MINE-1"), { digest: "dd" }, moment), "offline_hand_over");
  assert.equal(offlineOutcome(manifest, held("MINE-2"), { digest: "dd" }, moment), "offline_unchecked");
});

test("nothing is known without a manifest", () => {
  const held = [{ reference: "MINE-1", by: /** @type {const} */ ("label") }];
  assert.equal(offlineOutcome(null, held, { digest: "aa" }, { given: new Set(), now: START }), "offline_unchecked");
});
