/** Handing over at the door: judges by what is carried when nobody can be asked, and sends later what waits. */

import { Handing, HANDED } from "../lib/handing/handing.js";
import { isBlocked, isReachable, isSilent, onStanding, onReach } from "../lib/service/network.js";
import { LABEL, PAYLOAD } from "../lib/handing/practice.js";
import { makePresentation, markHanded } from "../lib/handing/presentation.js";
import { flush, forgetLateAnswer, givenUntold, keepLateAnswer, lateAnswers, waiting } from "../lib/handing/queue.js";
import { referenceIn, sameNumber } from "../lib/handing/tracking-number.js";
import { stopLine } from "./stop-sheet.js";
import { nextStop } from "./stops.js";
import { forgetTour, judgeAlone, knownTour, noteHandedOver, noteVisit, refreshTour, tellNear, tour } from "./tour.js";

const LOOK_MS = 5000;
const GONE = new Set(["accepted", "conflict", "code_not_required"]);
const REFRESH_MS = 180_000;

/** @typedef {import("../lib/handing/presentation.js").Verdict} Verdict */
/** @typedef {import("../lib/handing/presentation.js").Kept} Kept */

/** Whether the parcel changes hands although nobody could be asked; that is kept, to be told later. @param {Verdict} verdict */
const isHandedOver = ({ outcome }) => outcome === HANDED || outcome === "code_not_required";

export class DoorHanding extends Handing {
  /** @param {ConstructorParameters<typeof Handing>[0]} options */
  constructor(options) {
    super(options);
    this.refreshedAt = 0;
    /** @type {import("./loading.js").Loading | null} */
    this.loading = null;
    /** @type {import("../lib/handing/practice.js").Practice | null} */
    this.practice = null;
    /** @type {((stop: import("./stops.js").Carried) => void) | null} */
    this.onStop = null;
    onStanding(() => isBlocked() && !this.busy && this.finish({ outcome: "device_revoked" }));
    /** @type {(() => void) | null} asks anew for what waits on the screen for the network */
    this.askAnew = null;
    onReach((answers) => {
      if (!answers) return this.onChange(this);
      this.askAnew?.();
      this.resume();
    });
    setInterval(() => this.look(), LOOK_MS);
  }

  /** @param {string} reference @param {"label"|"choice"} by @param {string} [text] */
  takeParcel(reference, by, text = reference) {
    if (reference === LABEL && !this.practice?.on && !this.parcels.length) this.practice?.start();
    // A real parcel is never part of practice.
    if (reference !== LABEL && this.practice?.on) this.practice.end();
    if (this.loading?.on) this.loading.take(text);
    else super.takeParcel(reference, by, text);
    if (reference === LABEL && this.holds(LABEL)) this.practice?.done("label");
  }

  headOfHand() {
    const parcels = knownTour()?.parcels ?? [];
    const held = [...this.parcels].reverse().find(({ outcome }) => !outcome || outcome === "code_not_required");
    const stop = held && parcels.find(({ reference }) => sameNumber(reference, held.reference));
    return stop ? stopLine(stop, parcels.length, () => this.onStop?.(stop)) : null;
  }

  /**
   * What the service says counts; without it, what is carried is known.
   * @param {string} text
   * @returns {Promise<import("../lib/handing/labels.js").Standing | null>}
   */
  async about(text) {
    if (text === LABEL || this.practice?.on) return null;
    const told = isReachable() ? await super.about(text) : null;
    if (told) return told;
    const carried = (await tour())?.parcels ?? [];
    const reference = referenceIn(
      text,
      carried.map((parcel) => parcel.reference),
    );
    const parcel = carried.find((each) => each.reference === reference);
    if (!parcel) return null;
    const isGone = parcel.handed_over_at || (await givenUntold()).has(parcel.reference);
    const outcome = isGone ? "already_handed_over" : parcel.code_required ? null : "code_not_required";
    return { reference, outcome, handed_over_at: parcel.handed_over_at, place: null, other_tour: false };
  }

  /** @param {import("../lib/handing/handing.js").Shown} code */
  takeCode(code) {
    if ("payload" in code && code.payload !== PAYLOAD && this.practice?.on) this.practice.end();
    if (this.loading?.on) this.onStray();
    else super.takeCode(code);
  }

  /**
   * Without network a presentation is made only for a parcel that changes hands: what is sent later counts.
   * @param {{parcels: import("../lib/handing/handing.js").InHand[], payload?: string, digits?: string, tap?: boolean}} presented
   */
  async judge(presented) {
    if (this.practice?.on) {
      this.asking = false;
      return this.finish(this.practice.judge(presented));
    }
    if (isReachable()) return super.judge(presented);
    const verdict = await this.alone(presented);
    const isHanded = isHandedOver(verdict);
    // It may be the service that says nothing, so no network has to be waited for: it is asked, again and again.
    if (!isHanded && isSilent()) return super.judge(presented);
    const kept = isHanded ? await makePresentation({ ...presented, handed: true }) : null;
    this.asking = false;
    if (kept) return this.showHanded(verdict, kept);
    // Asked anew, what this phone itself gave away could come before its own record, and contradict it.
    if (!verdict.outcome.startsWith("offline_")) return this.finish(verdict);
    this.showWaiting(verdict);
  }

  /**
   * Show what has to wait for the network; it is asked anew as soon as that is back, or when the driver taps.
   * @param {Verdict} verdict
   */
  showWaiting(verdict) {
    const leave = (/** @type {() => void} */ act) => () => ((this.askAnew = null), act());
    this.askAnew = leave(() => (this.screen.close(), this.settle()));
    const again = async () => {
      await this.resume();
      this.askAnew?.();
    };
    this.screen.show(verdict, {
      onAgain: again,
      onLater: leave(() => this.later()),
      onDone: leave(() => this.after(verdict)),
    });
    this.onChange(this);
  }

  /** @param {Kept} presentation @param {Verdict} open */
  async unanswered(presentation, open) {
    const verdict = await this.alone(presentation);
    const isHanded = isHandedOver(verdict);
    if (isHanded) await markHanded(presentation);
    // Where the service fails or says nothing, no waiting for the network helps.
    if (!isHanded && (open.outcome === "service_trouble" || isSilent())) return open;
    return isHanded || verdict.outcome.startsWith("offline_") ? verdict : open;
  }

  /**
   * @param {{parcels: import("../lib/handing/handing.js").InHand[], payload?: string|null, digits?: string|null}} presented
   */
  async alone({ parcels, ...code }) {
    return judgeAlone(await tour(), parcels, code, await givenUntold());
  }

  /** @param {Verdict} verdict */
  finish(verdict) {
    if (verdict.outcome === "device_revoked") forgetTour();
    if (verdict.accepted) this.refreshedAt = 0;
    this.noteGone(verdict);
    super.finish(verdict);
  }

  /** Let the tour say at once what the service has recorded. @param {Verdict} verdict */
  async noteGone({ practice, handed_over: count, parcels = [], decided_at: at }) {
    const gone = parcels.filter(({ outcome }) => GONE.has(outcome)).map(({ reference }) => reference);
    if (practice || !count || !gone.length) return;
    await noteHandedOver(gone, at ?? new Date().toISOString());
    this.onChange(this);
    await this.tellNext(gone[0]);
  }

  /** Tell the next stop that the driver is near, where the house wants that. @param {string} reference that is done */
  async tellNext(reference) {
    const known = await tour();
    if (known?.driver_near !== "next_stop" || !isReachable()) return;
    const next = nextStop(known.parcels, reference);
    if (next?.code_required) await tellNear(next.reference);
  }

  /** @param {Verdict} verdict */
  after(verdict) {
    const step = this.practice?.step;
    super.after(verdict);
    if (!verdict.practice || !step) return;
    if (verdict.accepted || step === "wrong") this.clear();
    if (verdict.accepted || step === "wrong") this.practice?.done(step);
  }

  /** Send what waits and ask what is carried; called whenever the network may be back. */
  async resume() {
    if (document.hidden) return;
    await flush({
      busyWith: () => this.current,
      onVerdict: (kept, verdict) => this.hear(kept, verdict),
      onVisit: async ({ reference, reason }) => {
        await noteVisit(reference, reason);
        await this.tellNext(reference);
      },
    }).catch(() => undefined);
    if (Date.now() - this.refreshedAt > (isReachable() ? REFRESH_MS : 0)) {
      if ((await refreshTour().catch(() => "silence")) === "kept") this.refreshedAt = Date.now();
    }
    this.onChange(this);
    await this.tellUntold();
  }

  async look() {
    if (!isReachable() || (await waiting()) > 0 || Date.now() - this.refreshedAt > REFRESH_MS) await this.resume();
    else await this.tellUntold();
  }

  /**
   * Take a late answer: it turns the amber on the screen, or is told as soon as nothing is in hand.
   * @param {Kept} kept
   * @param {Verdict} verdict
   */
  async hear(kept, verdict) {
    this.refreshedAt = 0;
    if (this.shown === kept.presentation_id && this.screen.open) return this.finish(verdict);
    if (verdict.outcome === "device_revoked") await forgetTour();
    if (!(await keepLateAnswer(kept, verdict))) await this.noteGone(verdict);
    this.onChange(this);
  }

  /** Show late answers that are not simply as expected, one after the other, when nothing is in hand. */
  async tellUntold() {
    const [verdict] = await lateAnswers().catch(() => []);
    if (!verdict || this.busy || this.practice?.on || this.parcels.length || this.code) return;
    this.screen.show(verdict, {
      onDone: async () => {
        await forgetLateAnswer(verdict.id);
        this.onChange(this);
        await this.tellUntold();
      },
    });
    this.onChange(this);
  }
}
