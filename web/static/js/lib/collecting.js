/** The counter's way: a code is answered with a list, labels are ticked as they are fetched, then all is handed over. */

import { Handing } from "./handing.js";
import { askWhatWaits } from "./presentation.js";
import { play, tick } from "./sound.js";
import { asReference } from "./payload.js";

// Whoever was served and went leaves no name on the screen.
const FORGET_MS = 180_000;

/**
 * @typedef {{reference: string, shelf: string|null, hatch: boolean, size: string|null, elsewhere: string|null}} Waiting
 * @typedef {{parcels: Waiting[], holder_kind: string, holder: string|null, recipient: string|null,
 *   recipient_language: string|null, handed_over: number, of: number, others: number}} Collection
 */

export class Collecting extends Handing {
  /** @type {Collection | null} */
  collection = null;
  /** @type {string | null} who stands there, where digits were typed and no label was scanned */
  name = null;
  /** @type {string | null} a parcel that was brought and is not theirs */
  wrong = null;
  /** @type {import("./presentation.js").Verdict | null} */
  verdict = null;
  /** @type {() => void} */
  askWho = () => undefined;
  forgetTimer = 0;

  /** @returns {import("./presentation.js").InHand[]} the listed parcels whose labels were scanned */
  get fetched() {
    return this.parcels.filter(({ reference }) => this.awaits(reference));
  }

  /** @param {string} reference */
  awaits(reference) {
    return Boolean(this.collection?.parcels.some((parcel) => parcel.reference === reference));
  }

  /** @param {string} reference @param {"label"|"choice"} by */
  takeParcel(reference, by) {
    if (!this.collection) return super.takeParcel(reference, by);
    if (this.busy) return;
    this.stay();
    this.wrong = this.awaits(reference) ? null : reference;
    if (this.wrong) play("red");
    else if (!this.parcels.some((parcel) => parcel.reference === reference)) {
      this.parcels.push({ reference, by });
      tick();
    }
    this.settle();
  }

  /** @param {{payload: string} | {digits: string}} code */
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

  /** @param {string} text a name, or what the label says */
  takeWho(text) {
    const reference = /\d/.test(text) ? asReference(text) : null;
    if (reference) return this.takeParcel(reference, "choice");
    this.name = text.trim() || null;
    if (this.name) this.settle();
    else this.forgetCode();
  }

  async list() {
    this.asking = true;
    this.onChange(this);
    const code = /** @type {{payload: string} | {digits: string}} */ (this.code);
    const parcels = "digits" in code ? this.parcels.slice(0, 1) : [];
    const reply = await askWhatWaits({ parcels, ...code, name: parcels.length ? null : this.name });
    this.asking = false;
    if (reply.kind === "silence") return this.waitForNetwork();
    if (reply.kind === "problem") {
      return this.finish({ outcome: reply.slug === "device-revoked" ? "device_revoked" : "refused", reason: reply.detail });
    }
    const { outcome, newer_sent_at, handed_over_at, recipient_language } = reply.value;
    if (outcome !== "accepted") return this.finish({ outcome, recipient_language, details: { newer_sent_at, handed_over_at } });
    this.collection = reply.value;
    this.stay();
    this.wrong = this.parcels.find(({ reference }) => !this.awaits(reference))?.reference ?? null;
    this.parcels = this.fetched;
    if (this.wrong) play("red");
    this.settle();
  }

  waitForNetwork() {
    this.onChange(this);
    const again = () => (this.screen.close(), this.list());
    this.screen.show({ outcome: "unknown" }, { onAgain: again, onLater: () => this.later() });
  }

  /** Hand over what was fetched; less than all is a normal end. */
  async release() {
    if (this.busy || !this.fetched.length) return;
    this.asking = true;
    this.onChange(this);
    try {
      await this.judge({ parcels: this.fetched, .../** @type {{payload: string} | {digits: string}} */ (this.code) });
    } catch {
      this.asking = false;
      this.finish({ outcome: "refused" });
    }
  }

  /** @param {import("./presentation.js").Verdict} verdict */
  finish(verdict) {
    this.verdict = verdict;
    super.finish(verdict);
  }

  /** @param {import("./presentation.js").Verdict} verdict */
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
    clearTimeout(this.forgetTimer);
    super.clear();
  }

  /** Keep the list on the screen as long as somebody works with it. */
  stay() {
    clearTimeout(this.forgetTimer);
    this.forgetTimer = setTimeout(() => this.busy || this.clear(), FORGET_MS);
  }
}
