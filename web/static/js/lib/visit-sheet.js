/** A visit that ended without a handover: four neutral reasons as pictures. Nobody is blamed. */

import { keepVisit } from "./queue.js";
import { el, icon } from "./dom.js";
import { measurePlace, placePermission } from "./place.js";
import { layOpen, pictureButton } from "./sheet.js";
import { tick } from "./sound.js";
import { t } from "./words.js";

export const REASONS = [
  { reason: "no_code", picture: "no-code", words: "No code" },
  { reason: "nobody_home", picture: "nobody-home", words: "Nobody home" },
  { reason: "refused", picture: "refused", words: "Not accepted" },
  { reason: "wrong_address", picture: "wrong-address", words: "Wrong address" },
];
// The catalogues find texts where they are translated.
export const words = () => [t("No code"), t("Nobody home"), t("Not accepted"), t("Wrong address")];

/**
 * Ask for the reason, and keep the visit of each parcel; it is sent at once or when the network is back.
 * @param {string[]} references
 * @param {{withPlace: boolean, onKept: () => void}} choices withPlace: the house keeps the place of a visit, if there is one
 */
export async function showVisit(references, { withPlace, onKept }) {
  /** @type {import("./place.js").Place | null} */
  let place = null;
  const keep = async (/** @type {string} */ reason) => {
    for (const reference of references) await keepVisit(reference, reason, place);
    tick();
    sheet.close();
    onKept();
  };
  const said = el("span", { role: "status" }, t("Add the place"));
  const measure = async () => {
    button.setAttribute("aria-busy", "true");
    place = await measurePlace();
    button.removeAttribute("aria-busy");
    button.setAttribute("aria-pressed", String(place !== null));
    said.textContent = place ? t("The place is added") : t("No place; go on without");
  };
  const button = el("button", { type: "button", class: "place-button", "aria-pressed": "false", "data-place": "", onclick: measure, hidden: true }, icon("place"), said);
  const buttons = REASONS.map(({ reason, picture, words: word }) => pictureButton(picture, t(word), () => keep(reason), { "data-reason": reason }));
  const sheet = layOpen({ name: "visit", title: t("Not handed over") }, el("div", { class: "reasons" }, ...buttons), button);
  const permission = withPlace ? await placePermission() : "none";
  button.hidden = permission === "none" || permission === "denied";
  // Who has allowed it once is not asked again.
  if (permission === "granted") await measure();
}
