/** Loading at the depot: each label that is scanned joins the tour, and says whether its code will be there. */

import { ask } from "../lib/service/api.js";
import { el, icon, makeButton } from "../lib/dom.js";
import { play, tick } from "../lib/device/sound.js";
import { refreshTour } from "./tour.js";
import { askAboutLabel } from "../lib/handing/labels.js";
import { troubleOf, whyNotHere } from "../lib/service/trouble.js";
import { dayWords, pageLanguage, t, wording } from "../lib/words.js";

const REFUSED = () =>
  /** @type {Record<string, string>} */ ({
    "tour-too-long": t("This tour is full"),
    already_handed_over: t("Already handed over"),
    revoked: t("Parcel blocked"),
  });

/**
 * Put a parcel on the tour. Bars may hold more than its number, and one that nobody delivers any more is not unknown.
 * @param {string} label its text as it was read
 * @returns {Promise<import("../lib/service/api.js").Reply>}
 */
async function load(label) {
  const put = (/** @type {string} */ reference) => ask("/api/v1/tour/parcels", { method: "POST", json: { reference } });
  const reply = await put(label);
  if (reply.kind !== "problem" || reply.slug !== "unknown-parcel") return reply;
  const standing = await askAboutLabel(label);
  if (standing?.outcome && standing.outcome in REFUSED()) return { ...reply, slug: standing.outcome };
  return standing?.reference && standing.reference !== label ? put(standing.reference) : reply;
}

export class Loading {
  /** @param {HTMLElement} place @param {() => void} onEnd */
  constructor(place, onEnd) {
    this.on = false;
    this.said = el("p", { role: "status" });
    const done = makeButton(
      { class: "button button-first", "data-loaded": "", onclick: () => this.end() },
      icon("check"),
      t("Done"),
    );
    this.bar = el("div", { class: "loading", hidden: true }, this.said, done);
    this.onEnd = onEnd;
    place.append(this.bar);
  }

  start() {
    this.on = true;
    this.bar.hidden = false;
    this.say("load", t("Scan each parcel you load"));
  }

  async end() {
    this.on = false;
    this.bar.hidden = true;
    await refreshTour();
    this.onEnd();
  }

  /** @param {string} reference */
  async take(reference) {
    tick();
    const reply = await load(reference);
    const trouble = troubleOf(reply);
    if (trouble) {
      play("amber");
      return this.say(trouble.picture, reference, trouble.words);
    }
    const refused = reply.kind === "problem" && (whyNotHere(reply.slug) ?? REFUSED()[reply.slug]);
    if (refused) {
      play("red");
      return this.say("do-not-hand-over", reference, refused);
    }
    if (reply.kind === "problem" && reply.slug === "wished-later") {
      play("amber");
      return this.say(
        "do-not-hand-over",
        reference,
        t("Not today. The recipient asked for %(day)s.", { day: dayWords(reply.more.day) }),
      );
    }
    if (reply.kind === "problem" && reply.slug === "other-tour") {
      play("red");
      return this.say("other-tour", reference, wording("other_tour", pageLanguage()).word);
    }
    if (reply.kind !== "answer") {
      play("red");
      return this.say("do-not-hand-over", reference, t("This parcel is not known"));
    }
    const { code_required: needed, awaited, other_tour: wasElsewhere } = reply.value;
    if (wasElsewhere) {
      play("amber");
      return this.say("other-tour", reference, wording("other_tour", pageLanguage()).word);
    }
    if (awaited === "failed" || awaited === "no_address") {
      play("amber");
      return this.say("mail-failed", reference, t("No code expected"));
    }
    return this.say(needed ? "show-code" : "check", reference, needed ? t("Code needed") : t("No code needed"));
  }

  /** @param {string} picture @param {string} text @param {string} [more] */
  say(picture, text, more) {
    this.said.replaceChildren(icon(picture), el("bdi", {}, text), ...(more ? [el("span", {}, more)] : []));
  }
}
