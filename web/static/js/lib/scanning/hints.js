/** Hints as pictures when the camera reads nothing for a while: first what the frame looks like, then in turn. */

import { icon } from "../dom.js";
import { t } from "../words.js";

const AFTER_MS = 4000;
const EACH_MS = 3500;
// Whoever was told everything once, and reads nothing all the same, is not told on and on.
const REST_MS = 20_000;
const SAID_MS = 6000;

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

  /**
   * Something was read or done: no hint is needed for a while.
   * @param {number} [after] how long
   */
  quiet(after = AFTER_MS) {
    this.place.hidden = true;
    clearTimeout(this.timer);
    if (this.watching) this.timer = setTimeout(() => this.next([]), after);
  }

  /** Say what stays as long as its cause does. @param {string} picture @param {string} words @param {string} [name] */
  say(picture, words, name = picture) {
    clearTimeout(this.timer);
    this.place.dataset.hint = name;
    this.place.replaceChildren(icon(picture), words);
    this.place.hidden = false;
  }

  /** Say what has happened, which is over after some seconds. @param {string} picture @param {string} words */
  tell(picture, words) {
    this.say(picture, words);
    this.timer = setTimeout(() => this.quiet(), SAID_MS);
  }

  /** @param {string[]} shown the hints of this round */
  async next(shown) {
    const timer = this.timer;
    const look = await this.look();
    // Something was read, or the camera stopped, while the frame was looked at.
    if (timer !== this.timer) return;
    const fitting = this.fitting(look);
    const hint = [...(fitting ? [fitting] : []), ...this.turns()].find(({ name }) => !shown.includes(name));
    if (!hint) return this.quiet(REST_MS);
    this.say(hint.picture, hint.words, hint.name);
    this.timer = setTimeout(() => this.next([...shown, hint.name]), EACH_MS);
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
      lamp: ["lamp", t("Use the light")],
      wipe: ["wipe", t("Wipe the lens")],
      digits: ["digits", t("Or type the digits")],
    })[name];
    return { name, picture, words };
  }
}
