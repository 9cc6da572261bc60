/** Hints as pictures when the camera reads nothing for a while: first what the frame looks like, then in turn. */

import { icon } from "../dom.js";
import { t } from "../words.js";

const AFTER_MS = 4000;
const EACH_MS = 3500;

/** @typedef {{name: string, picture: string, words: string}} Hint */

export class Hints {
  /**
   * @param {HTMLElement} place
   * @param {() => Promise<import("../decoding/look.js").Look>} look says what the camera's frame looks like now
   */
  constructor(place, look) {
    this.place = place;
    this.look = look;
    this.timer = 0;
    this.watching = false;
    this.lamp = false;
  }

  /** @param {boolean} on @param {{lamp: boolean}} abilities */
  watch(on, { lamp }) {
    this.watching = on;
    this.lamp = lamp;
    this.quiet();
  }

  /** Something was read: no hint is needed for a while. */
  quiet() {
    this.place.hidden = true;
    clearTimeout(this.timer);
    if (this.watching) this.timer = setTimeout(() => this.next(null), AFTER_MS);
  }

  /** @param {string} picture @param {string} words @param {string} [name] */
  say(picture, words, name = picture) {
    clearTimeout(this.timer);
    this.place.dataset.hint = name;
    this.place.replaceChildren(icon(picture), words);
    this.place.hidden = false;
  }

  /** @param {string | null} before the hint that was shown last */
  async next(before) {
    const timer = this.timer;
    const look = await this.look();
    // Something was read, or the camera stopped, while the frame was looked at.
    if (timer !== this.timer) return;
    const turns = this.turns();
    const fitting = this.fitting(look);
    const following = turns[(turns.findIndex(({ name }) => name === before) + 1) % turns.length];
    const hint = fitting && fitting.name !== before ? fitting : following;
    this.say(hint.picture, hint.words, hint.name);
    this.timer = setTimeout(() => this.next(hint.name), EACH_MS);
  }

  /** @returns {Hint[]} */
  turns() {
    const lamp = this.lamp ? [this.hint("lamp")] : [];
    return [this.hint("back"), this.hint("brighter"), ...lamp, this.hint("wipe"), this.hint("digits")];
  }

  /** @param {import("../decoding/look.js").Look} look @returns {Hint | null} */
  fitting(look) {
    if (look === "dark") return this.hint(this.lamp ? "lamp" : "brighter");
    if (look === "blurred") return this.hint("wipe");
    return look === "far" ? this.hint("nearer") : null;
  }

  /** @param {string} name @returns {Hint} */
  hint(name) {
    const [picture, words] = /** @type {Record<string, [string, string]>} */ ({
      back: ["step-back", t("Move back a little")],
      nearer: ["step-nearer", t("Move closer")],
      brighter: ["brighter", t("Make the screen brighter")],
      lamp: ["lamp", t("Use the lamp")],
      wipe: ["wipe", t("Wipe the lens")],
      digits: ["digits", t("Or type the digits")],
    })[name];
    return { name, picture, words };
  }
}
