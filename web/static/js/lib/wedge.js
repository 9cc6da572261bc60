/** Hand scanners that type: keys by their place on the board, so that no keyboard layout garbles them. */

const FASTEST_HAND_MS = 50;
const SILENCE_MS = 100;
const SHORTEST_SCAN = 4;

const PLACES = new Map([
  ...[..."0123456789"].flatMap((digit) => [[`Digit${digit}`, digit], [`Numpad${digit}`, digit]]),
  ...[..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => [`Key${letter}`, letter]),
  ["Minus", "-"], ["NumpadSubtract", "-"], ["Period", "."], ["NumpadDecimal", "."], ["Slash", "/"],
  ["NumpadDivide", "/"], ["NumpadAdd", "+"], ["Space", " "],
]);
const SHIFTED = new Map([["Minus", "_"], ["Equal", "+"]]);

/**
 * Collect keys into scans. A pure little machine: times come in, scans and single keys come out.
 */
export class WedgeReader {
  /** @param {{onScan: (text: string) => void, onKey: (key: string) => void}} listeners */
  constructor({ onScan, onKey }) {
    this.onScan = onScan;
    this.onKey = onKey;
    this.typed = "";
    this.lastAt = -Infinity;
    this.fast = true;
  }

  /**
   * Take one key.
   * @param {{code: string, shiftKey: boolean}} key
   * @param {number} now milliseconds
   * @returns {boolean} whether the key belongs to a scan and must not act on the page
   */
  press(key, now) {
    if (this.typed && now - this.lastAt >= FASTEST_HAND_MS) this.finish();
    const ends = key.code === "Enter" || key.code === "NumpadEnter" || key.code === "Tab";
    if (ends) {
      const wasScan = this.typed.length >= SHORTEST_SCAN;
      this.finish();
      if (!wasScan && key.code !== "Tab") this.onKey("Enter");
      return wasScan;
    }
    if (key.code === "Backspace") {
      this.finish();
      this.onKey("Backspace");
      return false;
    }
    const sign = (key.shiftKey && SHIFTED.get(key.code)) || PLACES.get(key.code);
    if (sign === undefined) return false;
    this.typed += sign;
    this.lastAt = now;
    return this.typed.length > 1;
  }

  /** End what was collected: a scan if it came fast and long enough, else keys of a person. */
  finish() {
    const { typed } = this;
    this.typed = "";
    if (typed.length >= SHORTEST_SCAN) this.onScan(typed);
    else for (const sign of typed) this.onKey(sign);
  }
}

/**
 * Listen to the whole page, without a focused field.
 * @param {{onScan: (text: string) => void, onKey: (key: string) => void}} listeners
 */
export function listenForScans(listeners) {
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
      silence = awaitSilence(() => reader.finish());
    },
    { capture: true },
  );

  /** @param {() => void} end */
  function awaitSilence(end) {
    const due = performance.now() + SILENCE_MS;
    return setTimeout(() => {
      // A busy page hears late, too: keys may wait behind this timer, so it gives them one more turn.
      if (performance.now() - due > FASTEST_HAND_MS) silence = awaitSilence(end);
      else end();
    }, SILENCE_MS);
  }
}

/** @param {EventTarget | null} target */
const isField = (target) => target instanceof HTMLElement && target.matches("input, textarea, select");
