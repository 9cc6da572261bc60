/** What is in hand: labels and a code, in either order; and what becomes of it once both are there. */

import { sort } from "./payload.js";
import { makePresentation, pending, send } from "./presentation.js";
import { tick } from "./sound.js";

/** The outcome under which a parcel changes hands although nobody could be asked. */
export const HANDED = "offline_hand_over";
const SAME_AGAIN_MS = 2000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
// After these the same parcel stays in hand: the recipient may show another code.
const KEEPS_PARCEL = new Set(["wrong_code", "old_code", "locked", "unknown_symbol", "expired", "revoked"]);
// One reading of these may be wrong, two alike are not.
const WEAK = new Set(["ITF"]);

/** @typedef {import("./presentation.js").InHand} InHand */

export class Handing {
  /**
   * @param {{screen: import("./verdict.js").VerdictScreen, needsParcel: boolean, seconds?: number,
   *   onChange: (handing: Handing) => void}} options needsParcel: a symbol alone is not enough;
   *   seconds: nobody can tap here, so every verdict leaves by itself
   */
  constructor({ screen, needsParcel, seconds, onChange }) {
    this.screen = screen;
    this.needsParcel = needsParcel;
    this.seconds = seconds;
    this.onChange = onChange;
    /** Whether nothing may be taken now. */
    this.paused = () => false;
    /** @type {InHand[]} */
    this.parcels = [];
    /** @type {{payload: string} | {digits: string} | null} */
    this.code = null;
    this.asking = false;
    /** @type {Map<string, number>} */
    this.seen = new Map();
    this.retryTimer = 0;
    /** @type {string | null} the presentation that waits for its answer on the screen */
    this.current = null;
    /** @type {string | null} the one whose handover without answer is on the screen */
    this.shown = null;
    window.addEventListener("online", () => this.resume());
    document.addEventListener("visibilitychange", () => this.resume());
  }

  /** @returns {boolean} */
  get busy() {
    return this.asking || this.screen.open || this.paused();
  }

  /**
   * Take what a camera saw; a symbol that stays in the picture counts once.
   * @param {{text: string, symbology: string}[]} symbols
   */
  see(symbols) {
    const now = performance.now();
    for (const { text, symbology } of symbols) {
      const before = this.seen.get(text);
      // What comes into the picture during a verdict is new when the verdict is gone.
      if (this.busy && before === undefined) continue;
      this.seen.set(text, now);
      const isNew = before === undefined || now - before > SAME_AGAIN_MS;
      if (WEAK.has(symbology) ? before !== undefined && !this.holds(text) : isNew) this.read(text);
    }
    for (const [text, at] of this.seen) if (now - at > 2 * SAME_AGAIN_MS) this.seen.delete(text);
  }

  /**
   * Take the text of one symbol or hand scan.
   * @param {string} text
   */
  read(text) {
    if (this.busy) return;
    const { kind, value } = sort(text);
    if (kind === "label") this.takeParcel(value, "label");
    // A foreign symbol is presented too: the service answers what it is not.
    else if (kind === "code" || kind === "foreign") this.takeCode({ payload: value });
  }

  /** @param {string} reference @param {"label"|"choice"} by */
  takeParcel(reference, by) {
    if (this.busy || this.parcels.some((parcel) => parcel.reference === reference)) return;
    this.parcels.push({ reference, by });
    tick();
    this.settle();
  }

  /** @param {{payload: string} | {digits: string}} code */
  takeCode(code) {
    if (this.busy) return;
    this.code = code;
    tick();
    this.settle();
  }

  /** @param {string} reference */
  putDown(reference) {
    this.parcels = this.parcels.filter((parcel) => parcel.reference !== reference);
    this.onChange(this);
  }

  forgetCode() {
    this.code = null;
    this.onChange(this);
  }

  /** @param {string} text */
  holds(text) {
    return this.parcels.some((parcel) => parcel.reference === sort(text).value);
  }

  /** Present as soon as there is enough. */
  async settle() {
    const enough = this.code && (this.parcels.length || (!this.needsParcel && "payload" in this.code));
    if (!enough) return this.onChange(this);
    this.asking = true;
    this.onChange(this);
    try {
      await this.judge({ parcels: this.parcels, .../** @type {{payload: string} | {digits: string}} */ (this.code) });
    } catch {
      this.asking = false;
      this.finish({ outcome: "refused" });
    }
  }

  /**
   * Have the service judge what is in hand.
   * @param {{parcels: InHand[], payload?: string, digits?: string}} presented
   */
  async judge(presented) {
    await this.present(await makePresentation(presented));
  }

  /**
   * Say what is shown while there is no answer.
   * @param {import("./presentation.js").Kept} _presentation
   * @returns {Promise<import("./presentation.js").Verdict>}
   */
  async unanswered(_presentation) {
    return { outcome: "unknown" };
  }

  /** @param {import("./presentation.js").Kept} presentation */
  async present(presentation, tries = 0) {
    clearTimeout(this.retryTimer);
    this.asking = true;
    this.current = presentation.presentation_id;
    const verdict = await send(presentation);
    const shown = verdict.outcome === "unknown" ? await this.unanswered(presentation) : verdict;
    this.asking = false;
    if (verdict.outcome !== "unknown") return this.finish(verdict);
    this.onChange(this);
    // The same presentation again, until the service has said what became of it.
    const again = () => this.present(presentation, tries + 1);
    if (shown.outcome === HANDED) return this.showHanded(shown, presentation);
    if (tries === 0 || !this.screen.open) {
      const later = () => this.later();
      this.screen.show(shown, this.seconds ? { seconds: this.seconds, onDone: later } : { onAgain: again, onLater: later });
    }
    this.retryTimer = setTimeout(again, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
  }

  /**
   * Show that the parcel may change hands although nobody could be asked; the queue sends the presentation later.
   * @param {import("./presentation.js").Verdict} verdict
   * @param {import("./presentation.js").Kept} presentation
   */
  showHanded(verdict, presentation) {
    this.current = null;
    this.shown = presentation.presentation_id;
    this.screen.show(verdict, { onDone: () => this.after(verdict) });
    this.onChange(this);
  }

  /** Put an unanswered presentation aside; it stays kept and is sent again later. */
  later() {
    clearTimeout(this.retryTimer);
    this.current = null;
    this.screen.close();
    this.clear();
  }

  /** @param {import("./presentation.js").Verdict} verdict */
  finish(verdict) {
    clearTimeout(this.retryTimer);
    this.current = this.shown = null;
    this.screen.show(verdict, { seconds: this.seconds, onDone: () => this.after(verdict) });
    this.onChange(this);
  }

  /** @param {import("./presentation.js").Verdict} verdict */
  after(verdict) {
    this.code = this.shown = null;
    if (!KEEPS_PARCEL.has(verdict.outcome)) this.parcels = [];
    this.onChange(this);
  }

  clear() {
    this.code = null;
    this.parcels = [];
    this.onChange(this);
  }

  /** Send again what an earlier moment left unanswered, even one before a reload. */
  async resume() {
    if (this.busy || document.hidden) return;
    const waiting = await pending().catch(() => []);
    // Where nobody taps, another person may stand there by now: settle the old ones without a word.
    if (this.seconds) await Promise.all(waiting.map(send));
    else if (waiting[0] && !this.busy) await this.present(waiting[0]);
  }
}
