/** Handing over at the door: judges by what is carried when nobody can be asked, and sends later what waits. */

import { Handing, HANDED } from "./handing.js";
import { isReachable, onReach } from "./network.js";
import { LABEL, PAYLOAD } from "./practice.js";
import { makePresentation, markHanded } from "./presentation.js";
import { flush, givenUntold, waiting } from "./queue.js";
import { all, put, remove } from "./store.js";
import { forgetTour, judgeAlone, refreshTour, tour } from "./tour.js";

const LOOK_MS = 5000;
const REFRESH_MS = 180_000;

/** @typedef {import("./presentation.js").Verdict} Verdict */
/** @typedef {import("./presentation.js").Kept} Kept */

export class DoorHanding extends Handing {
  /** @param {ConstructorParameters<typeof Handing>[0]} options */
  constructor(options) {
    super(options);
    this.refreshedAt = 0;
    /** @type {import("./loading.js").Loading | null} */
    this.loading = null;
    /** @type {import("./practice.js").Practice | null} */
    this.practice = null;
    /** @type {(() => void) | null} asks anew for what waits on the screen for the network */
    this.askAnew = null;
    onReach((reachable) => {
      if (!reachable) return this.onChange(this);
      this.askAnew?.();
      this.resume();
    });
    setInterval(() => this.look(), LOOK_MS);
  }

  /** @param {string} reference @param {"label"|"choice"} by */
  takeParcel(reference, by) {
    if (reference === LABEL && !this.practice?.on && !this.parcels.length) this.practice?.start();
    // A real parcel is never part of practice.
    if (reference !== LABEL && this.practice?.on) this.practice.end();
    if (this.loading?.on) this.loading.take(reference);
    else super.takeParcel(reference, by);
    if (reference === LABEL && this.holds(LABEL)) this.practice?.done("label");
  }

  /** @param {{payload: string} | {digits: string}} code */
  takeCode(code) {
    if ("payload" in code && code.payload !== PAYLOAD && this.practice?.on) this.practice.end();
    if (!this.loading?.on) super.takeCode(code);
  }

  /**
   * Without network a presentation is made only for a parcel that changes hands: what is sent later counts.
   * @param {{parcels: import("./handing.js").InHand[], payload?: string, digits?: string}} presented
   */
  async judge(presented) {
    if (this.practice?.on) {
      this.asking = false;
      return this.finish(this.practice.judge(presented));
    }
    if (isReachable()) return super.judge(presented);
    const verdict = await this.alone(presented);
    const kept = verdict.outcome === HANDED ? await makePresentation({ ...presented, handed: true }) : null;
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

  /** @param {Kept} presentation */
  async unanswered(presentation) {
    const verdict = await this.alone(presentation);
    if (verdict.outcome === HANDED) await markHanded(presentation);
    return verdict.outcome.startsWith("offline_") ? verdict : { outcome: "unknown" };
  }

  /**
   * @param {{parcels: import("./handing.js").InHand[], payload?: string|null, digits?: string|null}} presented
   */
  async alone({ parcels, ...code }) {
    return judgeAlone(await tour(), parcels, code, await givenUntold());
  }

  /** @param {Verdict} verdict */
  finish(verdict) {
    if (verdict.outcome === "device_revoked") forgetTour();
    if (verdict.accepted) this.refreshedAt = 0;
    super.finish(verdict);
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
    if (!(kept.handed && verdict.accepted)) {
      const parcels = verdict.parcels ?? kept.parcels.map(({ reference }) => ({ reference, outcome: verdict.outcome }));
      await put("untold", kept.presentation_id, { ...verdict, id: kept.presentation_id, parcels });
    }
    this.onChange(this);
  }

  /** Show late answers that are not simply as expected, one after the other, when nothing is in hand. */
  async tellUntold() {
    const [verdict] = await all("untold").catch(() => []);
    if (!verdict || this.busy || this.practice?.on || this.parcels.length || this.code) return;
    this.screen.show(verdict, {
      onDone: async () => {
        await remove("untold", verdict.id);
        this.onChange(this);
        await this.tellUntold();
      },
    });
    this.onChange(this);
  }
}
