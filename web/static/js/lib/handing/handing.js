/** What is in hand: labels and a code, in either order; and what becomes of it once both are there. */

import { askAboutLabel } from "./labels.js";
import { BY_CODE_ALONE, BY_PARCEL, inOrder, sort } from "./payload.js";
import { isOpen, KeyLost, makePresentation, pending, send } from "./presentation.js";
import { ScanDebouncer } from "../scanning/scan-debouncer.js";
import { play, tick } from "../device/sound.js";
import { onReach } from "../service/network.js";
import { sameNumber } from "./tracking-number.js";
import { NotKept } from "../device/store.js";
import { keyLostWords, notKeptWords, wording } from "../words.js";

/** The outcome under which a parcel changes hands although nobody could be asked. */
export const HANDED = "offline_hand_over";
// Nobody waits longer than the last of these when the service is back.
const RETRY_MS = [1000, 2000];
// After these the same parcel stays in hand: the recipient may show another code.
const KEEPS_PARCEL = new Set([
  "wrong_code",
  "old_code",
  "locked",
  "unknown_symbol",
  "expired",
  "revoked",
  "one_recipient",
]);
// Links and services that are printed beside a number are the label's, and shown by nobody.
const BESIDE_LABEL_MS = 2000;
// The recipient is waiting; after that a label is presented as it was read.
const LEARNING_MS = 1500;
// Of these only the label is told, and the next label takes its place.
const GIVES_WAY = new Set(["unknown_parcel", "already_handed_over"]);
/** After these a handover is over. */
const ENDS = new Set(["accepted", HANDED, "conflict", "code_not_required"]);

/**
 * @typedef {import("./presentation.js").InHand} InHand
 * @typedef {import("./labels.js").Standing} Standing
 * @typedef {InHand & Partial<Standing>} Held `outcome`: what stands against handing it over, told when its label was read
 * @typedef {{payload: string} | {digits: string} | {tap: true}} Shown
 */

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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
    /** Told of what is neither label nor code where a label is awaited; it is not kept for a code. */
    this.onStray = () => {};
    /** Whether nothing may be taken now. */
    this.paused = () => false;
    /** @type {(() => void) | null} asks once more for the answer that is still open */
    this.askAgain = null;
    // Any other call may hear first that the service is back.
    onReach((answers) => answers && this.askAgain?.());
    /** @type {Held[]} */
    this.parcels = [];
    /** @type {Set<Promise<void>>} questions about labels that have no answer yet */
    this.learning = new Set();
    /** @type {Shown | null} */
    this.code = null;
    this.asking = false;
    this.debouncer = new ScanDebouncer();
    this.labelSeenAt = -Infinity;
    this.retryTimer = 0;
    /** @type {string | null} the presentation that waits for its answer on the screen */
    this.current = null;
    /** @type {string | null} the one whose handover without answer is on the screen */
    this.shown = null;
    window.addEventListener("online", () => (this.askAgain?.(), this.resume()));
    document.addEventListener("visibilitychange", () => this.resume());
  }

  /** @returns {boolean} */
  get busy() {
    return this.asking || this.screen.open || this.paused();
  }

  /** What this page waits for: where nobody stands, a code; at the door a parcel first, then its code; else all. @returns {import("../decoding/enough.js").Enough} */
  get enough() {
    if (this.seconds) return "delivery_code";
    if (!this.needsParcel) return "all";
    return this.parcels.length ? "delivery_code" : "label";
  }

  /**
   * Take what a camera saw; a symbol that stays in the picture counts once.
   * @param {{text: string, symbology: string}[]} symbols
   */
  see(symbols) {
    const now = performance.now();
    if (symbols.some(({ text }) => sort(text).kind === "label")) this.labelSeenAt = now;
    const fresh = this.debouncer.see(symbols, now, this.busy);
    this.readTogether(
      fresh.filter((text) => sort(text).kind !== "foreign" || now - this.labelSeenAt > BESIDE_LABEL_MS),
    );
  }

  /** Take what one picture shows. @param {string[]} texts */
  readTogether(texts) {
    for (const text of inOrder(texts, this.seconds ? BY_CODE_ALONE : BY_PARCEL)) this.read(text);
  }

  /**
   * Take what a hand scanner read. Whoever scans something else goes on to it, and need not tap the verdict away first.
   * @param {string} text
   */
  scan(text) {
    const { kind, value } = sort(text);
    const isSame =
      kind === "label" ? this.holds(value) : this.code && "payload" in this.code && this.code.payload === value;
    if (!isSame) this.screen.leaveIfSeen();
    this.read(text);
  }

  /**
   * Take the text of one symbol.
   * @param {string} text
   */
  read(text) {
    if (this.busy) return;
    const { kind, value } = sort(text);
    const isAttended = !this.seconds;
    // Where nobody hands over, the code alone says which parcel is meant, and labels are those of bystanders.
    if (kind === "label") isAttended && this.takeParcel(value, "label", text);
    else if (kind === "code" || (kind === "foreign" && !isAttended)) this.takeCode({ payload: value });
    else if (kind === "foreign") this.takeForeign(text);
    else if (kind === "badge") this.onStray();
  }

  /** @returns {boolean} whether what is read next should be a label: things around it say other things */
  get awaitsLabel() {
    return this.needsParcel && !this.presentable.length;
  }

  /**
   * Bars may hold more than a number. What is no label is presented as a code: the service answers what it is not.
   * @param {string} text
   */
  async takeForeign(text) {
    const standing = await this.about(text).catch(() => null);
    if (this.busy) return;
    if (standing?.reference) this.takeParcel(standing.reference, "label", text);
    else if (this.awaitsLabel) this.onStray();
    else this.takeCode({ payload: sort(text).value });
  }

  /**
   * @param {string} reference
   * @param {"label"|"choice"} by
   * @param {string} [text] what the label says, where that is more
   */
  takeParcel(reference, by, text = reference) {
    if (this.busy || this.parcels.some((parcel) => sameNumber(parcel.reference, reference))) return;
    const parcel = { reference, by };
    this.parcels = [...this.parcels.filter(({ outcome }) => !GIVES_WAY.has(outcome ?? "")), parcel];
    tick();
    const learning = this.learn(parcel, text).finally(() => this.learning.delete(learning));
    this.learning.add(learning);
    this.settle();
  }

  /**
   * Find out what stands against handing over a parcel; null if nobody can be asked.
   * @param {string} text what its label says
   * @returns {Promise<Standing | null>}
   */
  about(text) {
    return askAboutLabel(text);
  }

  /** Tell at once what only the label shows, so that nobody is asked for a code in vain. @param {Held} parcel @param {string} text */
  async learn(parcel, text) {
    const standing = await this.about(text).catch(() => null);
    if (!standing || !this.parcels.includes(parcel)) return;
    const { reference } = standing;
    if (reference && this.parcels.some((other) => other !== parcel && sameNumber(other.reference, reference)))
      this.putDown(parcel.reference);
    else Object.assign(parcel, standing, { reference: reference ?? parcel.reference });
    if (standing.outcome) play(wording(standing.outcome, "en").tone);
    this.onChange(this);
  }

  /** @returns {HTMLElement | null} what is said above the labels in hand */
  headOfHand() {
    return null;
  }

  /** @returns {Held[]} what is presented with a code: what may be handed over, else what is known at all */
  get presentable() {
    const free = this.parcels.filter(({ outcome }) => !outcome || outcome === "code_not_required");
    return free.length ? free : this.parcels.filter(({ outcome }) => outcome !== "unknown_parcel");
  }

  /** Hand over a parcel that needs no code. @param {Held} parcel */
  async handOverWithoutCode(parcel) {
    if (!this.busy) await this.ask([parcel], { tap: true });
  }

  /** @param {Shown} code */
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

  /** Take parcels in hand again as they were. @param {Held[]} parcels */
  takeBack(parcels) {
    this.parcels = parcels;
    this.onChange(this);
  }

  forgetCode() {
    this.code = null;
    this.onChange(this);
  }

  /** @param {string} reference */
  holds(reference) {
    return this.parcels.some((parcel) => sameNumber(parcel.reference, reference));
  }

  /** Present as soon as there is enough. What was just read is waited for: it may be no parcel at all. */
  async settle() {
    if (this.code && this.learning.size) await Promise.race([Promise.all(this.learning), pause(LEARNING_MS)]);
    const { code } = this;
    const enough =
      code && (this.presentable.length || (!this.needsParcel && !this.parcels.length && "payload" in code));
    if (!enough || this.busy) return this.onChange(this);
    await this.ask(this.presentable, code);
  }

  /** @param {Held[]} parcels @param {Shown} shown */
  async ask(parcels, shown) {
    const inHand = parcels.map(({ reference, by }) => ({ reference, by }));
    await this.whileAsking(() => this.judge({ parcels: inHand, ...shown }));
  }

  /**
   * Do what ends in a verdict; where the question cannot even be made, that is one.
   * @param {() => Promise<void>} act
   */
  async whileAsking(act) {
    this.asking = true;
    this.onChange(this);
    try {
      await act();
    } catch (error) {
      this.asking = false;
      const reason = error instanceof KeyLost ? keyLostWords() : error instanceof NotKept ? notKeptWords() : undefined;
      this.finish({ outcome: "refused", reason });
    }
  }

  /**
   * Have the service judge what is in hand.
   * @param {{parcels: InHand[], payload?: string, digits?: string, tap?: boolean}} presented
   */
  async judge(presented) {
    await this.present(await makePresentation(presented));
  }

  /**
   * Say what is shown while there is no answer.
   * @param {import("./presentation.js").Kept} _presentation
   * @param {import("./presentation.js").Verdict} open what is known of why there is none
   * @returns {Promise<import("./presentation.js").Verdict>}
   */
  async unanswered(_presentation, open) {
    return open;
  }

  /** @param {import("./presentation.js").Kept} presentation */
  async present(presentation, tries = 0) {
    this.stopAsking();
    this.asking = true;
    this.current = presentation.presentation_id;
    const verdict = await send(presentation);
    const shown = isOpen(verdict) ? await this.unanswered(presentation, verdict) : verdict;
    this.asking = false;
    if (!isOpen(verdict)) return this.finish(verdict);
    this.onChange(this);
    // The same presentation again, until the service has said what became of it.
    const again = () => this.whileAsking(() => this.present(presentation, tries + 1));
    if (shown.outcome === HANDED || shown.outcome === "code_not_required") return this.showHanded(shown, presentation);
    if (tries === 0 || !this.screen.open) {
      const later = () => this.later();
      this.screen.show(
        shown,
        this.seconds ? { seconds: this.seconds, onDone: later } : { onAgain: again, onLater: later },
      );
    }
    this.askAgain = again;
    this.retryTimer = setTimeout(again, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
  }

  stopAsking() {
    clearTimeout(this.retryTimer);
    this.askAgain = null;
  }

  /**
   * Show that the parcel may change hands although nobody could be asked; the queue sends the presentation later.
   * @param {import("./presentation.js").Verdict} verdict
   * @param {import("./presentation.js").Kept} presentation
   */
  showHanded(verdict, presentation) {
    this.current = null;
    this.shown = presentation.presentation_id;
    this.debouncer.finish(performance.now());
    this.screen.show(verdict, { onDone: () => this.after(verdict) });
    this.onChange(this);
  }

  /** Put an unanswered presentation aside; it stays kept and is sent again later. */
  later() {
    this.stopAsking();
    this.current = null;
    this.screen.close();
    this.clear();
  }

  /** @param {import("./presentation.js").Verdict} verdict */
  finish(verdict) {
    this.stopAsking();
    this.current = this.shown = null;
    if (ENDS.has(verdict.outcome)) this.debouncer.finish(performance.now());
    verdict.stay = this.staying(verdict);
    this.screen.show(verdict, { seconds: this.seconds, onDone: () => this.after(verdict) });
    this.onChange(this);
  }

  /**
   * Of several parcels in hand the service names those that a symbol does not fit; the others stay in hand.
   * @param {import("./presentation.js").Verdict} verdict
   */
  staying({ outcome, parcels = [] }) {
    if (!this.needsParcel || outcome !== "other_parcel") return [];
    const kept = this.presentable.filter((held) => !parcels.some((each) => sameNumber(each.reference, held.reference)));
    return kept.map(({ reference }) => reference);
  }

  /** @param {import("./presentation.js").Verdict} verdict */
  after(verdict) {
    this.code = this.shown = null;
    const gone = (verdict.parcels ?? []).map(({ reference }) => reference);
    // One tap hands over one parcel: what else is in hand still wants its code.
    if (verdict.outcome === "code_not_required")
      this.parcels = this.parcels.filter(({ reference }) => !gone.includes(reference));
    else if (!KEEPS_PARCEL.has(verdict.outcome)) {
      this.parcels = this.parcels.filter(({ reference }) => verdict.stay?.includes(reference));
    }
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
    if (this.seconds) await Promise.all(waiting.map((kept) => send(kept)));
    else if (waiting[0] && !this.busy) await this.present(waiting[0]);
  }
}
