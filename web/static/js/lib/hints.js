/** Hints as pictures when the camera reads nothing for a while: one at a time, in turn. */

import { icon } from "./dom.js";
import { t } from "./words.js";

const AFTER_MS = 4000;
const EACH_MS = 3500;

export class Hints {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
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
    if (this.watching) this.timer = setTimeout(() => this.next(0), AFTER_MS);
  }

  /** @param {string} picture @param {string} words */
  say(picture, words) {
    clearTimeout(this.timer);
    this.place.replaceChildren(icon(picture), words);
    this.place.hidden = false;
  }

  /** @param {number} turn */
  next(turn) {
    const hints = [
      ["brighter", t("Make the screen brighter")],
      ["scan", t("Move back a little")],
      ...(this.lamp ? [["lamp", t("Use the lamp")]] : []),
      ["digits", t("Or type the digits")],
    ];
    this.say(.../** @type {[string, string]} */ (hints[turn % hints.length]));
    this.timer = setTimeout(() => this.next(turn + 1), EACH_MS);
  }
}
