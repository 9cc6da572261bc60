/** Handing over at the counter, with practice: its parcel and its code are judged here, and the service hears of neither. */

import { Collecting } from "./collecting.js";
import { LABEL, PAYLOAD, SHELF } from "../lib/handing/practice.js";
import { t } from "../lib/words.js";

export class CounterHanding extends Collecting {
  /** @type {import("../lib/handing/practice.js").Practice | null} */
  practice = null;

  get practises() {
    return Boolean(this.practice?.on);
  }

  /** @returns {boolean} whether nothing real is in hand that practice would take away */
  get idle() {
    return !this.collection && !this.code && !this.parcels.length;
  }

  /** @param {string} reference @param {"label"|"choice"} by @param {string} [text] */
  takeParcel(reference, by, text = reference) {
    if (this.busy) return;
    if (reference === LABEL && !this.practises && this.idle) this.practice?.start();
    // A real parcel is never part of practice.
    if (reference !== LABEL && this.practises) this.practice?.end();
    super.takeParcel(reference, by, text);
  }

  /** @param {string} text */
  async about(text) {
    return text === LABEL || this.practises ? null : super.about(text);
  }

  /** @param {import("../lib/handing/handing.js").Shown} code */
  takeCode(code) {
    if (this.busy) return;
    const payload = "payload" in code ? code.payload : null;
    if (payload === PAYLOAD && !this.practises && this.idle) this.practice?.start();
    if (payload && payload !== PAYLOAD && this.practises) this.practice?.end();
    super.takeCode(code);
  }

  async settle() {
    if (this.practises && this.code && !this.collection) return this.list();
    return super.settle();
  }

  async list() {
    if (!this.practice?.on) return super.list();
    const verdict = this.practice.judge(/** @type {{payload?: string, digits?: string}} */ (this.code));
    if (!verdict.accepted) return this.finish(verdict);
    this.collection = {
      parcels: [{ reference: LABEL, shelf: SHELF, hatch: false, size: "M", elsewhere: null }],
      holder_kind: "recipient",
      holder: null,
      recipient: t("Practice"),
      recipient_language: null,
      handed_over: 0,
      of: 1,
      others: 0,
    };
    this.practice.done("right");
    this.stay();
    this.parcels = this.fetched;
    await this.settle();
  }

  /** @param {{parcels: import("../lib/handing/handing.js").InHand[], payload?: string, digits?: string}} presented */
  async judge(presented) {
    if (!this.practice?.on) return super.judge(presented);
    this.asking = false;
    this.finish(this.practice.judge(presented));
  }

  /** @param {import("../lib/handing/presentation.js").Verdict} verdict */
  after(verdict) {
    if (verdict.practice) this.practice?.done(verdict.accepted ? "fetch" : "wrong");
    super.after(verdict);
    if (verdict.practice) this.clear();
  }

  /** Whoever puts the practice parcel's list away, or leaves it there, is done practising. */
  clear() {
    const left = this.practises && this.collection && this.practice?.step === "fetch";
    super.clear();
    if (left) this.practice?.end();
  }

  async resume() {
    if (!this.practises) await super.resume();
  }
}
