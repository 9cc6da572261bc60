/** One stop: who receives where, what the driver has to know, and all that can be done there. */

import { el, icon, makeButton } from "../lib/dom.js";
import { layOpen, pictureButton } from "../lib/sheet.js";
import { troubleOf } from "../lib/service/trouble.js";
import { t } from "../lib/words.js";
import { addressOf, mapsLink } from "./stops.js";
import { tellNear } from "./tour.js";

/** @typedef {import("./stops.js").Carried} Carried */
/** @typedef {import("./tour-sheet.js").Standing} Standing */

/**
 * The stop of the parcel in hand, as the main screen names it.
 * @param {Carried} stop
 * @param {number} all how many stops the tour has
 * @param {() => void} onTap
 */
export function stopLine(stop, all, onTap) {
  const where = el(
    "span",
    {},
    el("strong", {}, el("bdi", {}, stop.name ?? "")),
    el("small", {}, el("bdi", {}, addressOf(stop))),
  );
  return makeButton(
    { class: "stop-line", "data-stop": stop.reference, onclick: onTap },
    el("bdi", { class: "stop-place", dir: "ltr" }, String(stop.place)),
    where,
    stop.note && el("span", { class: "stop-has-note" }, icon("note-small"), el("span", {}, t("Note"))),
    el("span", { class: "only-heard" }, t("%(done)s of %(all)s", { done: stop.place, all })),
  );
}

/**
 * Show a stop.
 * @param {Carried} stop
 * @param {{standing: Standing, calls: import("./tour.js").Tour["driver_calls"],
 *   onTake: (() => void) | null, onVisit: (() => void) | null}} choices what can be done, where it can
 */
export function showStop(stop, { standing, calls, onTake, onVisit }) {
  const said = el("p", { class: "stop-said", role: "status", hidden: true });
  const isOpen = standing.state !== "done";
  const near = pictureButton("mail", t("Let them know I am near"), () => told(stop.reference, near, said), {
    "data-near": "",
  });
  const leaving = (/** @type {() => void} */ act) => () => (sheet.close(), act());
  const sheet = layOpen(
    { name: "stop", title: t("Stop %(place)s", { place: stop.place }) },
    el(
      "div",
      { class: "stop" },
      stop.name && el("p", { class: "stop-name" }, el("bdi", {}, stop.name)),
      addressOf(stop) && el("p", { class: "stop-address" }, el("bdi", {}, addressOf(stop))),
      stop.note && el("p", { class: "stop-note", "data-note": "" }, icon("note-small"), el("bdi", {}, stop.note)),
      el("p", { class: "stop-parcel" }, icon("parcel"), el("bdi", { dir: "ltr" }, stop.reference)),
      el(
        "p",
        { class: `stop-standing stop-${standing.state}` },
        icon(standing.picture),
        el("span", {}, standing.words),
      ),
    ),
    said,
    el(
      "div",
      { class: "stop-acts" },
      isOpen && stop.phone ? link("call", callWords(calls), `tel:${stop.phone}`, { "data-call": "" }) : null,
      isOpen && addressOf(stop)
        ? link("place", t("Navigate"), mapsLink(stop), { "data-navigate": "", target: "_blank", rel: "noreferrer" })
        : null,
      isOpen && stop.code_required ? near : null,
      isOpen && onVisit
        ? pictureButton("nobody-home", t("Not handed over"), leaving(onVisit), { "data-not-handed-over": "" })
        : null,
    ),
    isOpen && onTake
      ? el(
          "footer",
          { class: "sheet-foot" },
          makeButton(
            { class: "button button-first stop-take", "data-take": "", onclick: leaving(onTake) },
            icon("hand-over-small"),
            t("Hand over"),
          ),
        )
      : null,
  );
  return sheet;
}

/** @param {string} calls */
const callWords = (calls) => (calls === "switchboard" ? t("Call through the depot") : t("Call"));

/** @param {string} picture @param {string} words @param {string} href @param {Record<string, unknown>} more */
const link = (picture, words, href, more) =>
  el("a", { class: "picture-button", href, ...more }, icon(picture), el("span", {}, words));

/**
 * @param {string} reference
 * @param {HTMLElement} button
 * @param {HTMLElement} said
 */
async function told(reference, button, said) {
  button.toggleAttribute("disabled", true);
  const reply = await tellNear(reference);
  const isTold = reply.kind === "answer";
  const trouble = troubleOf(reply);
  said.replaceChildren(
    icon(isTold ? "check" : (trouble?.picture ?? "do-not-hand-over")),
    isTold
      ? t("The recipient will be told that you are near")
      : (trouble?.words ?? t("The recipient cannot be told now")),
  );
  said.hidden = false;
  button.toggleAttribute("disabled", isTold);
}
