/** A sheet that lies over the page until it is put away: the tour, the card, the reasons of a visit. */

import { el, every, icon, makeButton } from "./dom.js";
import { t } from "./words.js";

let putAway = 0;

/**
 * What a tap asks for may have to be read before it lies open, and meanwhile a scan has done with all sheets.
 * @returns {() => boolean} whether they were not put away since
 */
export function wanted() {
  const before = putAway;
  return () => putAway === before;
}

/** Put every sheet away, those too that are about to be laid open. */
export function closeSheets() {
  putAway += 1;
  for (const sheet of /** @type {HTMLDialogElement[]} */ (every("dialog.sheet[open]"))) sheet.close();
}

/**
 * Lay a sheet over the page; one of the same name, opened by a tap that came twice, makes room for it.
 * @param {{name: string, title: string}} about
 * @param {...(Node|string|null)} content
 * @returns {HTMLDialogElement}
 */
export function layOpen({ name, title }, ...content) {
  const close = makeButton(
    { class: "quiet-button", "data-close": "", "aria-label": t("Close"), onclick: () => sheet.close() },
    icon("close"),
  );
  const sheet = /** @type {HTMLDialogElement} */ (
    el(
      "dialog",
      { class: `sheet sheet-${name}`, "data-sheet": name, "aria-label": title },
      el("header", { class: "sheet-head" }, el("h2", {}, title), close),
      ...content,
    )
  );
  sheet.addEventListener("close", () => sheet.remove());
  /** @type {HTMLDialogElement | null} */ (document.querySelector(`dialog[data-sheet="${name}"]`))?.close();
  document.body.append(sheet);
  sheet.showModal();
  return sheet;
}

/**
 * Make a large button with a picture.
 * @param {string} picture
 * @param {string} words
 * @param {() => void} act
 * @param {Record<string, unknown>} [more]
 */
export const pictureButton = (picture, words, act, more = {}) =>
  makeButton({ class: "picture-button", onclick: act, ...more }, icon(picture), el("span", {}, words));

const PULLED_PX = 80;

/**
 * Do something when a sheet is pulled down at its top, as lists on phones are.
 * @param {HTMLElement} sheet
 * @param {() => void} act
 */
export function onPull(sheet, act) {
  let from = NaN;
  const distance = (/** @type {TouchEvent} */ event) => event.changedTouches[0].clientY - from;
  sheet.addEventListener("touchstart", (event) => (from = sheet.scrollTop <= 0 ? event.touches[0].clientY : NaN), {
    passive: true,
  });
  sheet.addEventListener("touchmove", (event) => sheet.toggleAttribute("data-pulled", distance(event) > PULLED_PX), {
    passive: true,
  });
  sheet.addEventListener("touchend", (event) => {
    sheet.removeAttribute("data-pulled");
    if (distance(event) > PULLED_PX) act();
  });
}
