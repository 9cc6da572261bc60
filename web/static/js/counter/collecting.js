/** The counter's way: a code is answered with a list, labels are ticked as they are fetched, then all is handed over. */

import { Handing } from "../lib/handing/handing.js";
import { sort } from "../lib/handing/payload.js";
import { askWhatWaits } from "../lib/handing/presentation.js";
import { play, tick } from "../lib/device/sound.js";
import { asReference, referenceIn, sameNumber } from "../lib/handing/tracking-number.js";
import { isFailing, isPassing, refusalOf } from "../lib/service/trouble.js";
import { t } from "../lib/words.js";

// Whoever was served and went leaves no name on the screen.
const FORGET_MS = 180_000;
// So long both people are told of a parcel that was brought and is not the recipient's.
const WRONG_TOLD_MS = 20_000;

/**
 * @typedef {import("../lib/api-types.js").CollectionAnswer} Answer
 * @typedef {Omit<import("../lib/api-types.js").WaitingAnswer, "outcome">} Waiting
 * @typedef {Pick<Answer, "holder_kind" | "holder" | "recipient" | "recipient_language" | "handed_over" | "of" | "others">
 *   & {parcels: Waiting[]}} Collection
 */

export class Collecting extends Handing {
  /** @type {Collection | null} */
  collection = null;
  /** @type {string | null} who stands there, where digits were typed and no label was scanned */
  name = null;
  /** @type {string | null} a parcel that was brought and is not theirs */
  wrong = null;
  /** Whether something was scanned that is neither label nor code. */
  stray = false;
  onStray = () => this.tellStray();
  /** @type {import("../lib/handing/presentation.js").Verdict | null} */
  verdict = null;
  /** @type {(trouble?: string) => void} */
  askWho = () => undefined;
  forgetTimer = 0;
  wrongTimer = 0;

  /** @returns {import("../lib/handing/presentation.js").InHand[]} the listed parcels whose labels were scanned */
  get fetched() {
    return this.parcels.filter(({ reference }) => this.awaits(reference));
  }

  /** @returns {boolean} whether parcels are fetched: an address printed on one is no other recipient's code */
  get awaitsLabel() {
    return this.collection !== null;
  }

  /** @param {string} reference */
  awaits(reference) {
    return Boolean(this.collection?.parcels.some((parcel) => sameNumber(parcel.reference, reference)));
  }

  /** @param {string} reference @param {"label"|"choice"} by @param {string} [text] */
  takeParcel(reference, by, text = reference) {
    if (!this.collection) return super.takeParcel(reference, by, text);
    if (this.busy) return;
    this.stay();
    const listed = referenceIn(
      text,
      this.collection.parcels.map((parcel) => parcel.reference),
    );
    this.tellWrong(listed ? null : reference);
    if (!listed) play("red");
    else if (!this.holds(listed)) {
      this.parcels.push({ reference: listed, by });
      tick();
    }
    this.settle();
  }

  /** @param {import("../lib/handing/handing.js").Shown} code */
  takeCode(code) {
    if (this.busy) return;
    if (this.collection && JSON.stringify(code) === JSON.stringify(this.code)) return;
    // Another code begins anew; what was fetched for the one before stays on the counter.
    if (this.collection) this.clear();
    super.takeCode(code);
  }

  async settle() {
    if (!this.collection) {
      const enough = this.code && ("payload" in this.code || this.name || this.parcels.length);
      if (enough) return this.list();
      if (this.code) this.askWho();
      return this.onChange(this);
    }
    if (this.fetched.length === this.collection.parcels.length) return this.release();
    this.onChange(this);
  }

  /**
   * Names have digits, too: what is a number is known to the service, and everything else is a name.
   * @param {string} text a name, or what the label says
   */
  async takeWho(text) {
    const { kind, value } = sort(text);
    // The recipient found the symbol after all, and it was scanned where a name was asked for.
    if (kind === "code") return this.takeCode({ payload: value });
    const reference = /\d/.test(text) ? asReference(text) : null;
    const standing = reference && (await this.about(reference).catch(() => null));
    if (reference && standing && standing.outcome !== "unknown_parcel")
      return this.takeParcel(standing.reference ?? reference, "choice");
    this.name = text.trim() || null;
    if (this.name) this.settle();
    else this.forgetCode();
  }

  async list() {
    await this.whileAsking(() => this.askForList());
  }

  async askForList() {
    const code = /** @type {{payload: string} | {digits: string}} */ (this.code);
    const parcels =
      "digits" in code ? this.presentable.slice(0, 1).map(({ reference, by }) => ({ reference, by })) : [];
    const reply = await askWhatWaits({ parcels, ...code, name: parcels.length ? null : this.name });
    this.asking = false;
    if (reply.kind === "silence" || isPassing(reply))
      return this.waitForAnswer(isFailing(reply) ? "service_trouble" : "unknown");
    if (reply.kind === "problem" && reply.slug === "no-such-name") {
      this.name = null;
      this.onChange(this);
      return this.askWho(t("Nobody by this name is expected here. No code was checked."));
    }
    if (reply.kind === "problem") return this.finish(refusalOf(reply));
    const { outcome, newer_sent_at, handed_over_at, place, recipient_language } = reply.value;
    if (outcome !== "accepted")
      return this.finish({ outcome, recipient_language, details: { newer_sent_at, handed_over_at, place } });
    this.collection = reply.value;
    this.stay();
    this.tellWrong(this.parcels.find(({ reference }) => !this.awaits(reference))?.reference ?? null);
    this.parcels = this.fetched;
    if (this.wrong) play("red");
    this.settle();
  }

  /** @param {string} outcome why there is none yet */
  waitForAnswer(outcome) {
    this.onChange(this);
    const again = () => (this.stopAsking(), this.screen.close(), this.list());
    // Digits may be charged each time: only a person asks them again.
    if (this.code && "payload" in this.code) this.askAgain = again;
    this.screen.show({ outcome }, { onAgain: again, onLater: () => this.later() });
  }

  /** Hand over what was fetched; less than all is a normal end. */
  async release() {
    if (this.busy || !this.fetched.length) return;
    await this.ask(this.fetched, /** @type {{payload: string} | {digits: string}} */ (this.code));
  }

  /** @param {import("../lib/handing/presentation.js").Verdict} verdict */
  finish(verdict) {
    this.verdict = verdict;
    super.finish(verdict);
  }

  /** @param {import("../lib/handing/presentation.js").Verdict} verdict */
  after(verdict) {
    this.verdict = null;
    const { code, collection, name } = this;
    const others = (collection?.parcels.length ?? 0) > 1;
    if (collection) this.clear();
    this.name = null;
    if (collection && others && verdict.outcome === "already_handed_over") {
      // Another counter was quicker with one of them: show what is left.
      Object.assign(this, { code, name });
      this.settle();
    } else super.after(verdict);
  }

  clear() {
    this.collection = this.name = this.wrong = this.verdict = null;
    this.stray = false;
    clearTimeout(this.forgetTimer);
    clearTimeout(this.wrongTimer);
    super.clear();
  }

  /** Tell of a parcel that is not theirs, until the next label or for some seconds. @param {string | null} reference */
  tellWrong(reference) {
    clearTimeout(this.wrongTimer);
    this.stray = false;
    this.wrong = reference;
    if (reference) this.tellNoLonger();
  }

  tellStray() {
    this.stay();
    this.tellWrong(null);
    this.stray = true;
    this.tellNoLonger();
    play("amber");
    this.onChange(this);
  }

  tellNoLonger() {
    this.wrongTimer = setTimeout(() => (this.tellWrong(null), this.onChange(this)), WRONG_TOLD_MS);
  }

  /** Keep the list on the screen as long as somebody works with it. */
  stay() {
    clearTimeout(this.forgetTimer);
    this.forgetTimer = setTimeout(() => this.busy || this.clear(), FORGET_MS);
  }
}
