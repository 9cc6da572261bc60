/** What a text is, on the cases that pytest reads, too. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { BY_CODE_ALONE, BY_PARCEL, inOrder, sort } from "../../web/static/js/lib/handing/payload.js";
import { cases } from "./cases.js";

const table = cases("payload");

test("a code that was misread is still presented as a code, so that the service names it", () => {
  for (const text of [...table.payloads, ...table.misread]) assert.deepEqual(sort(text), { kind: "code", value: text });
});

test("a scanner's prefix is no part of a code or a label", () => {
  const [payload] = table.payloads;
  assert.deepEqual(sort(`]Q1${payload}`), { kind: "code", value: payload });
  assert.deepEqual(sort("]C100340434161094042557"), { kind: "label", value: "340434161094042557" });
});

test("what can be neither is foreign, and nothing is nothing", () => {
  assert.equal(sort("https://example.org/x?y=1").kind, "foreign");
  assert.equal(sort(" \n").kind, "nothing");
});

test("a colleague's badge is no label, so that no counter asks about it or records it", () => {
  assert.deepEqual(sort("STAFF-4K7QXW2M9PZR"), { kind: "badge", value: "" });
  assert.deepEqual(inOrder(["STAFF-4K7QXW2M9PZR"], BY_PARCEL), []);
});

test("of one picture a person's parcels are taken before the code, and a kiosk's code before all else", () => {
  const [code] = table.payloads;
  const [link, label, another] = ["https://example.org/x?y=1", "SAMPLE-1", "SAMPLE-2"];
  const seen = [link, code, label, another];
  assert.deepEqual(inOrder(seen, BY_PARCEL), [label, another, code, link]);
  assert.deepEqual(inOrder(seen, BY_CODE_ALONE), [code, link]);
});
