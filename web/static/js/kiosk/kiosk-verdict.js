/** What a person does next at a kiosk: take the parcel from a shelf or an open hatch, or go to the counter. */

import { el } from "../lib/dom.js";
import { pageLanguage, wording } from "../lib/words.js";

/**
 * @typedef {(verdict: import("../lib/handing/presentation.js").Verdict) =>
 *   {step?: string, picture?: string, place?: HTMLElement} | null} Next
 */

/** @type {Next} */
export function nextAtKiosk(verdict) {
  if (verdict.outcome !== "accepted") return null;
  const reader = verdict.recipient_language ?? pageLanguage();
  if (verdict.lock === "asked") return { step: wording("unknown", reader).ownStep, picture: "try-again" };
  const shelves = (verdict.parcels ?? []).flatMap(({ shelf }) => (shelf ? [shelf] : []));
  if (verdict.lock === "shut" || (!verdict.lock && !shelves.length)) {
    return { step: wording("noted", reader).ownStep, picture: "counter" };
  }
  if (!shelves.length) return null;
  return { place: el("p", { class: "verdict-shelves" }, ...shelves.map((shelf) => el("bdi", {}, shelf))) };
}
