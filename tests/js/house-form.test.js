/** Moments are written by the house's clock and customs, whatever the device is set to. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

const page = { lang: "en", dataset: /** @type {Record<string, string>} */ ({}) };
Object.assign(globalThis, { document: { documentElement: page, baseURI: "http://localhost/" } });
const { clock, houseForm } = await import("../../web/static/js/lib/words.js");

afterEach(() => {
  page.dataset = {};
});

test("the house's zone counts, and not the device's", () => {
  for (const [zone, written] of [
    ["Pacific/Auckland", "5 Jul"],
    ["Europe/Berlin", "4 Jul"],
  ]) {
    page.dataset = { zone, country: "GB" };
    assert.match(clock("2026-07-04T20:05:00Z", { always: true }), new RegExp(`^${written}`));
  }
});

test("an English page is written as the house's country does, unless the house's own customs are English", () => {
  const day = /** @type {const} */ ({ dateStyle: "short" });
  const moment = new Date("2026-07-04T10:00:00Z");
  const written = [{}, { country: "US" }, { country: "GB" }, { country: "US", locale: "en-GB" }].map((place) => {
    page.dataset = { zone: "UTC", ...place };
    return houseForm("en", day).format(moment);
  });
  assert.deepEqual(written, ["7/4/26", "7/4/26", "04/07/2026", "04/07/2026"]);
});
