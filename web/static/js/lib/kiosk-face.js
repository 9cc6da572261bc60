/** What a kiosk's screen shows besides the verdict: the story, that it asks, or that it is out of order. */

import { el, icon, one } from "./dom.js";
import { t } from "./words.js";

export const VERDICT_SECONDS = 10;
const STORY = ["story-1", "story-2", "story-3"];
const MESSAGES = /** @type {Record<string, () => [string, string]>} */ ({
  idle: () => ["scan", t("Hold the code to the camera")],
  reading: () => ["scan", t("Hold still")],
  asking: () => ["try-again", t("One moment")],
  out_of_order: () => ["no-connection", t("Out of order. Please ask the staff.")],
});

export class KioskFace {
  constructor() {
    const words = [t("The parcel waits"), t("Show the code"), t("Take the parcel")];
    one("[data-story]").replaceChildren(
      ...STORY.map((picture, index) => el("li", {}, icon(picture, ""), el("span", {}, words[index]))),
    );
    this.show("idle");
  }

  /** @param {string} state */
  show(state) {
    const [picture, words] = (MESSAGES[state] ?? MESSAGES.idle)();
    document.body.dataset.state = state;
    one("[data-message]").replaceChildren(icon(picture), words);
  }

  /** @param {boolean} visible */
  showPicture(visible) {
    one("[data-live]").hidden = !visible;
  }
}
