/** A visit that ended without a handover: four neutral reasons as pictures. Nobody is blamed. */

import { keepVisit } from "./queue.js";
import { el } from "./dom.js";
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
 * @param {() => void} onKept
 */
export function showVisit(references, onKept) {
  const keep = async (/** @type {string} */ reason) => {
    for (const reference of references) await keepVisit(reference, reason);
    tick();
    sheet.close();
    onKept();
  };
  const buttons = REASONS.map(({ reason, picture, words: said }) => pictureButton(picture, t(said), () => keep(reason), { "data-reason": reason }));
  const sheet = layOpen({ name: "visit", title: t("Not handed over") }, el("div", { class: "reasons" }, ...buttons));
}
