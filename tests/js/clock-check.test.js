/** A device whose clock is wrong is told so, and its times are put right. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  differenceWords,
  noteServiceTime,
  onClock,
  putRight,
  timeNow,
  wrongClock,
} from "../../web/static/js/lib/service/clock-check.js";

const NOON = "2026-11-24T12:00:00+00:00";
const noon = Date.parse(NOON);
const HOUR = 3_600_000;

test("a clock within five minutes is right, one beyond is wrong, and one that was mended is right again", () => {
  let told = 0;
  onClock(() => (told += 1));
  noteServiceTime(NOON, noon + 4 * 60_000);
  assert.equal(wrongClock(), null);
  noteServiceTime(NOON, noon - 3 * HOUR);
  assert.deepEqual(wrongClock(), { ahead: -3 * HOUR, serviceTime: NOON });
  noteServiceTime(undefined, noon);
  assert.notEqual(wrongClock(), null);
  noteServiceTime(NOON, noon);
  assert.equal(wrongClock(), null);
  assert.equal(told, 3);
});

test("what is asked of a wrong clock is the service's time", () => {
  noteServiceTime(NOON, noon);
  assert.ok(Math.abs(timeNow() - Date.now()) < 1000);
  noteServiceTime(NOON);
  assert.ok(Math.abs(timeNow() - noon) < 1000);
  noteServiceTime(new Date().toISOString());
});

test("the difference is told with its two largest units", () => {
  assert.equal(differenceWords(-(3 * HOUR + 12 * 60_000)), "−3 h 12 min");
  assert.equal(differenceWords(6 * 60_000), "+6 min");
  assert.equal(differenceWords(2 * HOUR), "+2 h");
  assert.equal(differenceWords(-Date.parse(NOON)), `−${Math.floor(noon / 86_400_000)} d 12 h`);
});

test("a time is put right by as much as the clock is off", () => {
  const flat = -noon + HOUR;
  assert.equal(putRight(new Date(noon + flat - HOUR / 2).toISOString(), NOON, noon + flat), "2026-11-24T11:30:00.000Z");
});

test("a time of a clock that was mended since is now", () => {
  assert.equal(putRight("1970-01-01T00:20:00.000Z", NOON, noon + 1000), "2026-11-24T12:00:00.000Z");
  assert.equal(putRight("2031-01-01T00:00:00.000Z", NOON, noon), "2026-11-24T12:00:00.000Z");
});
