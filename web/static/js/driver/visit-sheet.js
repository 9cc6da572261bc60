/** A visit that ended without a handover: four neutral reasons as pictures. Nobody is blamed. */

import { keepVisits } from "../lib/handing/queue.js";
import { el, icon, makeButton } from "../lib/dom.js";
import { measurePlace, placePermission } from "../lib/device/place.js";
import { layOpen, pictureButton } from "../lib/sheet.js";
import { tick } from "../lib/device/sound.js";
import { notKeptWords, t } from "../lib/words.js";

/** Each with its picture, and the one that is drawn for lists. */
export const REASONS = [
  { reason: "no_code", picture: "no-code", small: "no-code-small", words: () => t("No code") },
  { reason: "nobody_home", picture: "nobody-home", small: "nobody-home-small", words: () => t("Nobody home") },
  { reason: "refused", picture: "refused", small: "refused", words: () => t("Not accepted") },
  { reason: "wrong_address", picture: "wrong-address", small: "wrong-address", words: () => t("Wrong address") },
];

/** @typedef {import("../lib/handing/queue.js").Visit} Visit */

/**
 * Ask for the reason, and keep the visit of each parcel.
 * @param {string[]} references
 * @param {{withPlace: boolean, onKept: (visits: Visit[], reason: typeof REASONS[0]) => void}} choices
 *   withPlace: the house keeps the place of a visit, if there is one
 */
export async function showVisit(references, { withPlace, onKept }) {
  /** @type {import("../lib/device/place.js").Place | null} */
  let place = null;
  const keep = async (/** @type {typeof REASONS[0]} */ reason) => {
    const visits = await keepVisits(references, reason.reason, place).catch(() => null);
    if (!visits) {
      Object.assign(trouble, { textContent: notKeptWords(), hidden: false });
      return;
    }
    tick();
    sheet.close();
    onKept(visits, reason);
  };
  const trouble = el("p", { class: "notice notice-bad", role: "alert", hidden: true });
  const said = el("span", { role: "status" }, t("Add the location"));
  const measure = async () => {
    button.setAttribute("aria-busy", "true");
    place = await measurePlace();
    button.removeAttribute("aria-busy");
    button.setAttribute("aria-pressed", String(place !== null));
    said.textContent = place ? t("Location added") : t("No location found; continue without it");
  };
  const button = makeButton(
    { class: "place-button", "aria-pressed": "false", "data-place": "", onclick: measure, hidden: true },
    icon("place"),
    said,
  );
  const buttons = REASONS.map((each) =>
    pictureButton(each.picture, each.words(), () => keep(each), { "data-reason": each.reason }),
  );
  const sheet = layOpen(
    { name: "visit", title: t("Not handed over") },
    trouble,
    el("div", { class: "reasons" }, ...buttons),
    button,
  );
  const permission = withPlace ? await placePermission() : "none";
  button.hidden = permission === "none" || permission === "denied";
  // Who has allowed it once is not asked again.
  if (permission === "granted") await measure();
}
