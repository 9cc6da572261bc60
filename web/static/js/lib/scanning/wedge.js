/** Hand scanners that type: on every keyboard layout, on Android, and sign by sign as Alt and a number. */

import { bare, knownHabits } from "./scanner-habits.js";
import { isPlaced, meaningOf, meaningOfNumber, meaningOfText, nameOf } from "./scanner-keys.js";
import { catchText } from "./text-catcher.js";

// No hand is this quick.
const QUICK_MS = 50;
// A quick scan is over after this silence, a slow one, of five signs a second, after that.
const QUIET_MS = 100;
const SLOW_MS = 300;
const SHORTEST_SCAN = 4;
// Nobody types so many signs at a scanner's even pace where only six digits are asked for.
const SHORTEST_SLOW_SCAN = 8;
// What is no sign, and comes this soon after one of a scan, was pressed by the scanner.
const BELONGS_MS = 300;

/**
 * @typedef {import("./scanner-keys.js").End} End
 * @typedef {"places"|"signs"|"numbers"} Way by the keys' places, by signs alone, or by Alt and numbers
 * @typedef {{end: End | "", gap: number, by: Way}} Manner how a scan came: what ended it, the longest gap in milliseconds
 * @typedef {{onScan: (text: string, manner: Manner) => void, onKey: (key: string) => boolean | void,
 *   onHeld?: (shortcut: string) => void}} Listeners onKey: says whether Enter has done what it is for;
 *   onHeld: a shortcut that the scanner pressed was held back
 */

/**
 * Collect keys into scans. A pure little machine: times come in, scans and single keys come out.
 * Keys of a slow scanner cannot be told from a person's at once: they act as keys, and are taken back when a scan ends.
 */
export class WedgeReader {
  /** @param {Listeners} listeners */
  constructor({ onScan, onKey, onHeld = () => undefined }) {
    this.onScan = onScan;
    this.onKey = onKey;
    this.onHeld = onHeld;
    this.number = "";
    this.scannedAt = -Infinity;
    this.typed = "";
    this.told = 0;
    this.gap = 0;
    this.lastAt = -Infinity;
    /** @type {Way} */
    this.by = "places";
  }

  forget() {
    this.typed = "";
    this.told = 0;
    this.gap = 0;
    this.lastAt = -Infinity;
    this.by = "places";
  }

  /** @returns {boolean} whether this is no hand: nobody types one sign after the other as a number */
  get quick() {
    return this.by === "numbers" || this.gap < QUICK_MS;
  }

  /** @returns {boolean} whether a short silence ends it; a sign by Alt takes up to ten keys */
  get endsQuickly() {
    return this.quick && this.by !== "numbers" && this.typed.length >= SHORTEST_SCAN;
  }

  /**
   * Take one key.
   * @param {import("./scanner-keys.js").Key} key
   * @param {number} now milliseconds
   * @returns {boolean} whether the key belongs to a scan and must not act on the page
   */
  press(key, now) {
    const meaning = meaningOf(key);
    if ("altDigit" in meaning) {
      this.number += meaning.altDigit;
      return true;
    }
    if ("sign" in meaning && !isPlaced(key)) this.by = "signs";
    const belongs = this.take(meaning, now);
    if (belongs && ("is" in meaning || key.ctrlKey)) this.onHeld(nameOf(key));
    return belongs;
  }

  /**
   * Take the end of a key: with Alt ends the number of a sign.
   * @param {{key: string}} key
   * @param {number} now milliseconds
   * @returns {boolean} whether it belongs to a scan
   */
  release({ key }, now) {
    const { number } = this;
    if (key !== "Alt" || !number) return false;
    this.number = "";
    this.by = "numbers";
    this.take(meaningOfNumber(number), now);
    return true;
  }

  /** Take signs that came without keys. @param {string} text @param {number} now milliseconds */
  enter(text, now) {
    for (const sign of text) {
      this.by = "signs";
      this.take(meaningOfText(sign), now);
    }
  }

  /**
   * @param {import("./scanner-keys.js").Meaning} meaning
   * @param {number} now milliseconds
   * @returns {boolean} whether it belongs to a scan
   */
  take(meaning, now) {
    const belongs = this.belongs(now);
    if ("is" in meaning && meaning.is !== "back") return meaning.is === "shortcut" && belongs;
    if (this.typed && now - this.lastAt > (this.endsQuickly ? QUIET_MS : SLOW_MS)) this.finish(now);
    if ("end" in meaning) {
      const wasScan = this.finish(now, meaning.end);
      // What has done its work here must not press what has the focus by now as well.
      const isUsed = !wasScan && !belongs && meaning.end === "Enter" && this.onKey("Enter") === true;
      return wasScan || belongs || isUsed;
    }
    if (!("sign" in meaning)) {
      this.finish(now);
      this.onKey("Backspace");
      return false;
    }
    if (this.typed) this.gap = Math.max(this.gap, now - this.lastAt);
    this.typed += meaning.sign;
    this.lastAt = now;
    if (!this.quick) this.tell();
    return this.typed.length > 1;
  }

  /** Whether a scan is under way, or has just ended. @param {number} now milliseconds */
  belongs(now) {
    const isUnderWay = this.isScan("") && now - this.lastAt < BELONGS_MS;
    return isUnderWay || now - this.scannedAt < BELONGS_MS;
  }

  /**
   * Notice that nothing has come for a while.
   * @param {number} silence milliseconds since the last key
   * @param {number} now milliseconds
   */
  wait(silence, now) {
    if (silence >= SLOW_MS || this.endsQuickly) this.finish(now);
    else this.tell();
  }

  /** Let the keys act that may be a person's. */
  tell() {
    if (this.by === "numbers" || this.told === this.typed.length) return;
    for (const sign of this.typed.slice(this.told)) this.onKey(sign);
    this.told = this.typed.length;
    // A person is at work, so what comes now no longer belongs to the scan before.
    this.scannedAt = -Infinity;
  }

  /**
   * End what was collected: a scan, or the keys of a person.
   * @param {number} now milliseconds
   * @param {Manner["end"]} [end]
   * @returns {boolean} whether it was a scan
   */
  finish(now, end = "") {
    const { typed, told, gap, by } = this;
    const isScan = this.isScan(end);
    if (!isScan) this.tell();
    this.forget();
    if (!isScan) return false;
    this.scannedAt = now;
    for (const sign of typed.slice(0, told)) if (/\d/.test(sign)) this.onKey("Backspace");
    this.onScan(typed, { end, gap, by });
    return true;
  }

  /** @param {Manner["end"]} end */
  isScan(end) {
    if (this.typed.length < SHORTEST_SCAN) return false;
    if (this.quick || this.typed.length >= SHORTEST_SLOW_SCAN) return true;
    return end !== "" && /[A-Z]/.test(this.typed);
  }
}

/**
 * Listen to the whole page, without a focused field. What this scanner is known to put around a text is taken off.
 * @param {Listeners} listeners
 */
export function listenForScans({ onScan, onKey }) {
  const habits = knownHabits();
  listenForRawScans({ onScan: (text, manner) => onScan(bare(text, habits), manner), onKey });
}

/**
 * Listen for scans as they come.
 * @param {Listeners} listeners
 */
export function listenForRawScans(listeners) {
  const reader = new WedgeReader(listeners);
  // What is typed into a field is the field's; only what a scanner presses after it is held back.
  /** @type {EventTarget | null} */
  let field = null;
  const inField = new WedgeReader({ onScan: (text, manner) => writeInto(field, text, manner), onKey: () => undefined });
  let silence = 0;
  const listen = () => {
    clearTimeout(silence);
    silence = awaitSilence(QUIET_MS, performance.now());
  };
  const catcher = catchText((text) => {
    reader.enter(text, performance.now());
    listen();
  });

  addEventListener(
    "keydown",
    (event) => {
      if (event.repeat) return;
      if (event.target !== catcher && isField(event.target)) {
        field = event.target;
        const isShortcut = event.ctrlKey || /^F\d+$/.test(event.key);
        if (inField.press(event, event.timeStamp) && isShortcut) hold(event);
        return;
      }
      const belongs = reader.press(event, event.timeStamp);
      // What a key has told must not be typed as well.
      if (belongs || (event.target === catcher && isOneSign(event))) hold(event);
      listen();
    },
    { capture: true },
  );
  addEventListener(
    "keyup",
    (event) => {
      if (!reader.release(event, event.timeStamp)) return;
      // Alt alone leads to the browser's menu.
      hold(event);
      listen();
    },
    { capture: true },
  );

  /** @param {number} wait @param {number} since @returns {number} */
  function awaitSilence(wait, since) {
    const due = performance.now() + wait;
    return setTimeout(() => {
      const now = performance.now();
      // A busy page hears late, too: keys may wait behind this timer, so it gives them one more turn.
      if (now - due > QUICK_MS) silence = awaitSilence(wait, since);
      else {
        reader.wait(now - since, now);
        if (reader.typed) silence = awaitSilence(SLOW_MS - QUIET_MS, since);
      }
    }, wait);
  }
}

/**
 * Put right what a scanner typed into a field that asks for a number: its keys may be for another keyboard's signs.
 * @param {EventTarget | null} field
 * @param {string} text
 * @param {Manner} manner
 */
function writeInto(field, text, { by, gap }) {
  if (by !== "places" || gap >= QUICK_MS || !(field instanceof HTMLInputElement && field.closest("dialog.ask"))) return;
  field.value = bare(text, knownHabits());
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {KeyboardEvent} event */
function hold(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** @param {KeyboardEvent} event */
const isOneSign = ({ key, ctrlKey, metaKey, isComposing }) => key.length === 1 && !ctrlKey && !metaKey && !isComposing;

/** @param {EventTarget | null} target */
const isField = (target) => target instanceof HTMLElement && target.matches("input, textarea, select");
