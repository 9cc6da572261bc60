/** What a kiosk's screen shows besides the verdict: the story, that it asks, what is wrong with its camera. */

import { el, icon, makeButton, one } from "../lib/dom.js";
import { homeLanguage } from "./kiosk-settings.js";
import { languages, pageLanguage, t } from "../lib/words.js";

export const VERDICT_SECONDS = 10;
const HOME_AGAIN_MS = 60000;
// A parcel waits on a shelf behind a counter, or in a box that opens; it does not come to anybody's door.
const STORY = {
  shelf: ["story-shelf", "story-2", "story-counter"],
  box: ["story-hatch", "story-2", "story-hatch-open"],
};
const MESSAGES = /** @type {Record<string, () => [string, string]>} */ ({
  idle: () => ["scan", t("Hold the code up to the camera")],
  reading: () => ["scan", t("Hold still")],
  asking: () => ["try-again", t("One moment")],
  out_of_order: () => ["no-connection", t("Out of order. Please ask the staff.")],
});
const HINTS = /** @type {Record<string, () => [string, string]>} */ ({
  clean_glass: () => ["clean-glass", t("Clean the glass")],
  too_dark: () => ["brighter", t("More light")],
  too_bright: () => ["too-bright", t("Less light")],
  no_camera: () => ["no-camera", t("Out of order. Please ask the staff.")],
});

export class KioskFace {
  constructor() {
    one("[data-languages]").setAttribute("aria-label", t("Language"));
    one("[data-languages]").replaceChildren(...languages().map(languageButton));
    this.tellStory("shelf");
    this.goHomeLater();
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.goHomeLater(), { capture: true });
    this.show("idle");
  }

  /** Tell how a parcel is got here. @param {keyof typeof STORY} where */
  tellStory(where) {
    if (one("[data-story]").dataset.where === where) return;
    const isBox = where === "box";
    const words = [
      isBox ? t("The parcel is waiting in a box") : t("The parcel is waiting"),
      t("Show the code"),
      isBox ? t("Take the parcel from the box") : t("Take the parcel"),
    ];
    one("[data-story]").dataset.where = where;
    one("[data-story]").replaceChildren(
      ...STORY[where].map((picture, index) => el("li", {}, icon(picture, ""), el("span", {}, words[index]))),
    );
  }

  /** @param {string} state @param {string|null} [hint] what would help the camera */
  show(state, hint = null) {
    const [picture, words] = (HINTS[hint ?? ""] ?? MESSAGES[state] ?? MESSAGES.idle)();
    document.body.dataset.state = state;
    document.body.dataset.hint = hint ?? "";
    one("[data-message]").replaceChildren(icon(picture), words);
    if (state !== "idle") this.goHomeLater();
  }

  /** @param {boolean} visible */
  showPicture(visible) {
    one("[data-live]").hidden = !visible;
  }

  /** @param {number} count presentations that wait for the service */
  showWaiting(count) {
    const place = one("[data-waiting]");
    place.hidden = count === 0;
    place.replaceChildren(icon("no-connection"), String(count));
  }

  /** Speak the house's language again when whoever chose another has gone, not while they still type. */
  goHomeLater() {
    clearTimeout(this.timer);
    const home = new URLSearchParams(location.search).get("home");
    if (home) this.timer = setTimeout(() => location.replace(`?lang=${home}`), HOME_AGAIN_MS);
  }
}

/** Speak the language that staff chose for this kiosk, until somebody touches another. */
export function speakHomeLanguage() {
  const home = homeLanguage();
  const asked = new URLSearchParams(location.search).get("lang");
  if (home && !asked && home !== pageLanguage()) location.replace(`?lang=${home}`);
}

/** @param {import("../lib/words.js").Language} language */
function languageButton({ code, name, direction }) {
  const home = new URLSearchParams(location.search).get("home") ?? pageLanguage();
  const go = () => location.replace(`?lang=${code}&home=${home}`);
  return makeButton({ lang: code, dir: direction, "aria-pressed": String(code === pageLanguage()), onclick: go }, name);
}
