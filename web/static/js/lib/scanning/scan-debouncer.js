/** Which of the symbols that a camera sees are new: one that stays in the picture counts once. Pure. */

// A symbol that is not read for so long was taken away.
const GONE_MS = 2000;
// What was handed over is often read again by chance while the phone is lowered: it has to be away for longer.
const LEFT_MS = 4000;
// One reading of these may be wrong, two alike are not.
const WEAK = new Set(["ITF"]);

/** @typedef {{text: string, symbology: string}} Seen */

export class ScanDebouncer {
  constructor() {
    /** @type {Map<string, {at: number, readings: number, told: boolean}>} */
    this.inView = new Map();
    /** @type {Map<string, number>} what belongs to a handover that is over, and when it was last seen */
    this.over = new Map();
    /** @type {Set<string>} what was read for the handover under way */
    this.read = new Set();
  }

  /**
   * Take what one picture shows; returns the texts that are new.
   * @param {Seen[]} symbols
   * @param {number} now milliseconds
   * @param {boolean} busy nothing is taken now; what comes into the picture meanwhile is new afterwards
   * @returns {string[]}
   */
  see(symbols, now, busy) {
    for (const [text, { at }] of this.inView) if (now - at > GONE_MS) this.inView.delete(text);
    // While the verdict is read nobody points the camera anywhere.
    for (const [text, at] of this.over) {
      if (busy) this.over.set(text, now);
      else if (now - at > LEFT_MS) this.over.delete(text);
    }
    const fresh = [];
    // Equal texts at different places of one picture are one reading.
    for (const { text, symbology } of new Map(symbols.map((symbol) => [symbol.text, symbol])).values()) {
      if (this.over.has(text)) this.over.set(text, now);
      const known = this.inView.get(text);
      if (busy && !known) continue;
      const seen = known ?? { at: now, readings: 0, told: false };
      seen.at = now;
      seen.readings += 1;
      this.inView.set(text, seen);
      if (busy || seen.told || this.over.has(text) || seen.readings < (WEAK.has(symbology) ? 2 : 1)) continue;
      seen.told = true;
      this.read.add(text);
      fresh.push(text);
    }
    return fresh;
  }

  /**
   * The handover is over: what was read for it, and all that is in the picture, is not the next one's.
   * @param {number} now milliseconds
   */
  finish(now) {
    for (const text of this.inView.keys()) this.over.set(text, now);
    for (const text of this.read) this.over.set(text, now);
    this.read.clear();
  }
}
