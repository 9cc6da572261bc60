/** Handing over at the door: judges by what is carried when nobody can be asked, and sends later what waits. */

import { Handing, HANDED } from "./handing.js";
import { isReachable, onReach } from "./network.js";
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
    onReach((reachable) => (reachable ? this.resume() : this.onChange(this)));
    setInterval(() => this.look(), LOOK_MS);
  }

  /** @param {string} reference @param {"label"|"choice"} by */
  takeParcel(reference, by) {
    if (this.loading?.on) this.loading.take(reference);
    else super.takeParcel(reference, by);
  }

  /** @param {{payload: string} | {digits: string}} code */
  takeCode(code) {
    if (!this.loading?.on) super.takeCode(code);
  }

  /**
   * Without network a presentation is made only for a parcel that changes hands: what is sent later counts.
   * @param {{parcels: import("./handing.js").InHand[], payload?: string, digits?: string}} presented
   */
  async judge(presented) {
    if (isReachable()) return super.judge(presented);
    const verdict = await this.alone(presented);
    const kept = verdict.outcome === HANDED ? await makePresentation({ ...presented, handed: true }) : null;
    this.asking = false;
    if (kept) return this.showHanded(verdict, kept);
    this.showWaiting(verdict);
  }

  /** @param {Verdict} verdict */
  showWaiting(verdict) {
    const again = () => {
      this.screen.close();
      this.settle();
    };
    this.screen.show(verdict, { onAgain: again, onLater: () => this.later(), onDone: () => this.after(verdict) });
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
    if (!verdict || this.busy || this.parcels.length || this.code) return;
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
