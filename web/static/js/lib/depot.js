/** The depot's number, as the page was given it: what says "call the depot" calls it. */

import { el, icon } from "./dom.js";
import { t } from "./words.js";

/** @param {string} number as people write it */
export const dialled = (number) => `tel:${number.replace(/[^+0-9]/g, "")}`;

/**
 * Make the link that calls the depot.
 * @param {string} [className]
 * @returns {HTMLElement | null} null where the house names no number
 */
export function depotLink(className = "call-link") {
  const number = document.querySelector("main")?.dataset.depot;
  if (!number) return null;
  const stop = (/** @type {Event} */ event) => event.stopPropagation();
  return el(
    "a",
    { class: className, href: dialled(number), "data-call-depot": "", onclick: stop },
    icon("call"),
    el("span", {}, t("Call the depot"), el("bdi", { dir: "ltr" }, number)),
  );
}
