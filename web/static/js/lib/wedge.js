/** Hand scanners that type: keys by their place on the board, so that no keyboard layout garbles them. */

import { bare, knownHabits } from "./scanner-habits.js";

// No hand is this quick.
const QUICK_MS = 50;
// A quick scan is over after this silence, a slow one, of five signs a second, after that.
const QUIET_MS = 100;
const SLOW_MS = 300;
const SHORTEST_SCAN = 4;
// Nobody types so many signs at a scanner's even pace where only six digits are asked for.
const SHORTEST_SLOW_SCAN = 8;

const PLACES = new Map([
  ...[..."0123456789"].flatMap((digit) => [[`Digit${digit}`, digit], [`Numpad${digit}`, digit]]),
  ...[..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => [`Key${letter}`, letter]),
  ["Minus", "-"], ["NumpadSubtract", "-"], ["Period", "."], ["NumpadDecimal", "."], ["Slash", "/"],
  ["NumpadDivide", "/"], ["NumpadAdd", "+"], ["Space", " "], ["BracketLeft", "["], ["BracketRight", "]"],
  ["Semicolon", ";"], ["Quote", "'"], ["Comma", ","], ["Backquote", "`"], ["Backslash", "\\"], ["Equal", "="],
]);
const SHIFTED = new Map([["Minus", "_"], ["Equal", "+"]]);
const ENDS = new Map([["Enter", "Enter"], ["NumpadEnter", "Enter"], ["Tab", "Tab"]]);

/**
 * @typedef {{end: "Enter"|"Tab"|"", gap: number}} Manner how a scan came: what ended it, the longest gap in milliseconds
 * @typedef {{onScan: (text: string, manner: Manner) => void, onKey: (key: string) => void}} Listeners
 */

/**
 * Collect keys into scans. A pure little machine: times come in, scans and single keys come out.
 * Keys of a slow scanner cannot be told from a person's at once: they act as keys, and are taken back when a scan ends.
 */
export class WedgeReader {
  /** @param {Listeners} listeners */
  constructor({ onScan, onKey }) {
    this.onScan = onScan;
    this.onKey = onKey;
    this.forget();
  }

  forget() {
    this.typed = "";
    this.told = 0;
    this.gap = 0;
    this.lastAt = -Infinity;
  }

  /** @returns {boolean} */
  get quick() {
    return this.gap < QUICK_MS;
  }

  /**
   * Take one key.
   * @param {{code: string, shiftKey: boolean}} key
   * @param {number} now milliseconds
   * @returns {boolean} whether the key belongs to a scan and must not act on the page
   */
  press(key, now) {
    const isQuickScan = this.quick && this.typed.length >= SHORTEST_SCAN;
    if (this.typed && now - this.lastAt > (isQuickScan ? QUIET_MS : SLOW_MS)) this.finish();
    const end = /** @type {"Enter"|"Tab"|undefined} */ (ENDS.get(key.code));
    if (end) {
      const wasScan = this.finish(end);
      if (!wasScan && end === "Enter") this.onKey("Enter");
      return wasScan;
    }
    if (key.code === "Backspace") {
      this.finish();
      this.onKey("Backspace");
      return false;
    }
    const sign = (key.shiftKey && SHIFTED.get(key.code)) || PLACES.get(key.code);
    if (sign === undefined) return false;
    if (this.typed) this.gap = Math.max(this.gap, now - this.lastAt);
    this.typed += sign;
    this.lastAt = now;
    if (!this.quick) this.tell();
    return this.typed.length > 1;
  }

  /**
   * Notice that nothing has come for a while.
   * @param {number} silence milliseconds since the last key
   */
  wait(silence) {
    if (silence >= SLOW_MS || (this.quick && this.typed.length >= SHORTEST_SCAN)) this.finish();
    else this.tell();
  }

  /** Let the keys act that may be a person's. */
  tell() {
    for (const sign of this.typed.slice(this.told)) this.onKey(sign);
    this.told = this.typed.length;
  }

  /**
   * End what was collected: a scan, or the keys of a person.
   * @param {Manner["end"]} [end]
   * @returns {boolean} whether it was a scan
   */
  finish(end = "") {
    const { typed, told, gap } = this;
    const isScan = this.isScan(end);
    if (!isScan) this.tell();
    this.forget();
    if (!isScan) return false;
    for (const sign of typed.slice(0, told)) if (/\d/.test(sign)) this.onKey("Backspace");
    this.onScan(typed, { end, gap });
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
  let silence = 0;
  addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isField(event.target)) return;
      clearTimeout(silence);
      if (reader.press(event, event.timeStamp)) {
        event.preventDefault();
        event.stopPropagation();
      }
      silence = awaitSilence(QUIET_MS, performance.now());
    },
    { capture: true },
  );

  /** @param {number} wait @param {number} since */
  function awaitSilence(wait, since) {
    const due = performance.now() + wait;
    return setTimeout(() => {
      // A busy page hears late, too: keys may wait behind this timer, so it gives them one more turn.
      if (performance.now() - due > QUICK_MS) silence = awaitSilence(wait, since);
      else {
        reader.wait(performance.now() - since);
        if (reader.typed) silence = awaitSilence(SLOW_MS - QUIET_MS, since);
      }
    }, wait);
  }
}

/** @param {EventTarget | null} target */
const isField = (target) => target instanceof HTMLElement && target.matches("input, textarea, select");
