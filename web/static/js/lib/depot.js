/** The depot's number, as the page was given it: what says "call the depot" calls it. */

import { el, icon } from "./dom.js";
import { t } from "./words.js";

/**
 * Make the link that calls the depot.
 * @param {string} [className]
 * @returns {HTMLElement | null} null where the house names no number
 */
export function depotLink(className = "call-link") {
  const { depot: number, dials } = document.querySelector("main")?.dataset ?? {};
  if (!number) return null;
  const stop = (/** @type {Event} */ event) => event.stopPropagation();
  return el(
    "a",
    { class: className, href: `tel:${dials}`, "data-call-depot": "", onclick: stop },
    icon("call"),
    el("span", {}, t("Call the depot"), el("bdi", { dir: "ltr" }, number)),
  );
}
