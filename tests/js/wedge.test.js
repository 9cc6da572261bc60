/** What hand scanners type, and what is made of it: keys without a place, numbers with Alt, shortcuts that are none. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { WedgeReader } from "../../web/static/js/lib/scanning/wedge.js";

const PAYLOAD = "7310123456789012345678901234567890";
const LABEL = "JD-0146/00.A+7";

/** @type {{text: string, end: string}[]} */
let scans;
/** @type {string[]} */
let keys;
/** @type {string[]} */
let held;
/** @type {WedgeReader} */
let reader;
let now = 0;

beforeEach(() => {
  scans = [];
  keys = [];
  held = [];
  now = 1000;
  reader = new WedgeReader({
    onScan: (text, { end }) => scans.push({ text, end }),
    onKey: (key) => keys.push(key),
    onHeld: (shortcut) => held.push(shortcut),
  });
});

/** @param {Partial<import("../../web/static/js/lib/scanning/scanner-keys.js").Key>} key @param {number} [gap] */
const press = (key, gap = 8) => reader.press({ code: "", ...key }, (now += gap));

/** @param {string} text @param {number} [gap] */
const pressSigns = (text, gap = 8) => [...text].forEach((key) => press({ key }, gap));

/** @param {string} text @param {{code?: boolean, padded?: boolean, gap?: number}} [manner] */
function pressNumbers(text, { code = true, padded = true, gap = 6 } = {}) {
  for (const sign of text) {
    const number = String(sign.charCodeAt(0)).padStart(padded ? 4 : 1, "0");
    press({ code: code ? "AltLeft" : "", key: "Alt", altKey: true }, gap);
    // With NumLock off the keys of the pad are arrows, at the same place.
    for (const digit of number)
      assert.ok(press({ code: code ? `Numpad${digit}` : "", key: code ? "End" : digit, altKey: true }, gap));
    assert.ok(reader.release({ key: "Alt" }, (now += gap)));
  }
}

const silence = () => {
  reader.wait(100, (now += 100));
  reader.wait(300, (now += 200));
};

test("keys without a place are read by their signs, as Android tells them", () => {
  for (const text of [PAYLOAD, LABEL, LABEL.toLowerCase()]) {
    pressSigns(text);
    assert.ok(press({ key: "Enter" }));
    assert.deepEqual(scans.pop(), { text: text.toUpperCase(), end: "Enter" });
    now += 1000;
  }
  for (const key of [...PAYLOAD]) press({ code: "Unidentified", key });
  press({ key: "Tab" });
  assert.deepEqual(scans.pop(), { text: PAYLOAD, end: "Tab" });
  assert.deepEqual(keys, []);
});

test("keys that tell neither place nor sign change nothing", () => {
  pressSigns("73101");
  for (const key of ["Unidentified", "Process", "Dead", "Shift", "", "ß"]) press({ key });
  pressSigns("23456");
  silence();
  assert.deepEqual(
    scans.map(({ text }) => text),
    ["7310123456"],
  );
});

test("text that comes at once, without any key, is a scan", () => {
  reader.enter(`${PAYLOAD}\n`, (now += 10));
  assert.deepEqual(scans.pop(), { text: PAYLOAD, end: "Enter" });
  reader.enter(LABEL, (now += 1000));
  silence();
  assert.deepEqual(scans.pop(), { text: LABEL, end: "" });
});

test("digits that a person types one by one on Android are keys", () => {
  for (const key of "483920") {
    press({ key }, 200);
    reader.wait(100, now + 100);
  }
  press({ key: "Enter" }, 200);
  assert.deepEqual([scans, keys], [[], [..."483920", "Enter"]]);
});

test("Alt and a number gives each sign, quick or slow, with or without leading noughts", () => {
  for (const gap of [1, 6, 15])
    for (const padded of [true, false])
      for (const code of [true, false]) {
        pressNumbers(PAYLOAD, { gap, padded, code });
        press({ code: "Enter", key: "Enter" }, gap);
        assert.deepEqual(scans.pop(), { text: PAYLOAD, end: "Enter" }, `${gap} ${padded} ${code}`);
        now += 1000;
      }
  assert.deepEqual(keys, []);
});

test("an end may be a number, too, or silence", () => {
  pressNumbers(`${LABEL}\r`);
  assert.deepEqual(scans.pop(), { text: LABEL, end: "Enter" });
  now += 1000;
  pressNumbers(`${LABEL}\t`);
  assert.deepEqual(scans.pop(), { text: LABEL, end: "Tab" });
  now += 1000;
  pressNumbers(LABEL);
  silence();
  assert.deepEqual(scans.pop(), { text: LABEL, end: "" });
});

test("Alt alone, and Alt with other keys, is left to the browser", () => {
  assert.equal(press({ code: "AltLeft", key: "Alt", altKey: true }), false);
  assert.equal(reader.release({ key: "Alt" }, now), false);
  assert.equal(press({ code: "ArrowLeft", key: "ArrowLeft", altKey: true }), false);
  assert.equal(press({ code: "Digit1", key: "1", altKey: true }), false);
});

const SHORTCUTS = [
  { code: "KeyJ", key: "j", ctrlKey: true },
  { code: "BracketRight", key: "]", ctrlKey: true },
  { code: "KeyP", key: "p", ctrlKey: true },
  { code: "F12", key: "F12" },
  { code: "F5", key: "F5" },
  { code: "Escape", key: "Escape" },
  { code: "End", key: "End" },
  { code: "ArrowDown", key: "ArrowDown" },
  { code: "Enter", key: "Enter" },
  { code: "Tab", key: "Tab" },
];

test("what a scanner presses after a text is held back, and what a person presses later is not", () => {
  for (const shortcut of SHORTCUTS) {
    for (const isPressed of ["Enter", ""]) {
      pressSigns(PAYLOAD);
      if (isPressed) press({ key: isPressed });
      assert.ok(press(shortcut), `${shortcut.key} after "${isPressed}"`);
      silence();
      assert.equal(scans.pop()?.text, PAYLOAD);
      assert.equal(press(shortcut, 400), false, `${shortcut.key} later`);
    }
  }
  assert.ok(!keys.includes("Backspace"));
});

test("Enter after digits that a person typed is the person's, however soon after a scan", () => {
  pressSigns(LABEL);
  press({ key: "Enter" });
  pressSigns("000", 20);
  pressSigns("000", 60);
  assert.equal(press({ key: "Enter" }, 10), false);
  assert.deepEqual(keys, [..."000000", "Enter"]);
});

test("a control character within a text is no sign and ends nothing but where it ends a line", () => {
  pressSigns("0104012345");
  assert.ok(press({ code: "BracketRight", key: "]", ctrlKey: true }));
  pressSigns("678901");
  assert.ok(press({ code: "KeyM", key: "m", ctrlKey: true }));
  assert.ok(press({ code: "KeyJ", key: "j", ctrlKey: true }));
  assert.deepEqual(scans, [{ text: "0104012345678901", end: "Enter" }]);
  assert.deepEqual(held, ["Ctrl+]", "Ctrl+M", "Ctrl+J"]);
});

test("a shortcut that was held back is named, so that the scanner can be set", () => {
  pressSigns(PAYLOAD);
  press({ key: "Enter" });
  press({ code: "F12", key: "F12" });
  press({ code: "KeyP", key: "p", ctrlKey: true });
  assert.deepEqual(held, ["F12", "Ctrl+P"]);
});

test("shortcuts of a person who typed digits are the browser's", () => {
  for (const key of "4839") {
    press({ key }, 200);
    reader.wait(100, now + 100);
  }
  for (const shortcut of SHORTCUTS.slice(0, 6)) assert.equal(press(shortcut, 90), false, shortcut.key);
});
