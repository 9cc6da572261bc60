/** What becomes of calls tells a page whether the network or the service is to blame, and when it may ask again. */

import assert from "node:assert/strict";
import { test } from "node:test";

Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
Object.assign(globalThis, { document: { documentElement: { dataset: {} } }, addEventListener: () => undefined });
const { isReachable, isSilent, noteReach, onReach } = await import("../../web/static/js/lib/service/network.js");

test("whoever waits is told once when the service is back, whatever it had come to", () => {
  /** @type {boolean[]} */
  const told = [];
  onReach((answers) => told.push(answers));
  noteReach("there");
  for (const trouble of /** @type {const} */ (["failing", "silent", "gone"])) {
    noteReach(trouble);
    noteReach(trouble);
    noteReach("there");
  }
  assert.deepEqual(told, [false, true, false, true, false, true]);
});

test("a service that fails is reached, and one that says nothing is not the network's fault", () => {
  noteReach("failing");
  assert.deepEqual([isReachable(), isSilent()], [true, false]);
  noteReach("silent");
  assert.deepEqual([isReachable(), isSilent()], [false, true]);
  noteReach("gone");
  assert.deepEqual([isReachable(), isSilent()], [false, false]);
});
