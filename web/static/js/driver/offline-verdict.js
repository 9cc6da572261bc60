/**
 * What a driver is told when nobody can be asked. Pure, and never green: a code that fits is only known to fit.
 * `codes/verification/decision.py` decides later whether it counts; both are tried on `tests/cases/offline-verdict.json`.
 */

import { sameNumber } from "../lib/handing/tracking-number.js";

/**
 * @typedef {import("./tour.js").Tour} Tour
 * @typedef {import("./tour.js").Carried} Carried
 * @typedef {import("../lib/handing/presentation.js").InHand} InHand
 * @typedef {{digest?: string|null, tap?: boolean}} Shown the SHA-256 of a payload; without one, digits were typed
 */

/**
 * Tell whether a manifest still counts: its shift is not over, and the clock does not stand before it was given.
 * @param {Tour} manifest
 * @param {number} now
 */
const isCurrent = ({ made_at, valid_until }, now) =>
  Date.parse(made_at) - 300_000 <= now && now < Date.parse(valid_until);

/**
 * Judge by what is carried.
 * @param {Tour | null} manifest
 * @param {InHand[]} inHand
 * @param {Shown} shown
 * @param {{given: import("../lib/handing/queue.js").Given, now: number}} moment
 * @returns {string} an outcome
 */
export function offlineOutcome(manifest, inHand, { digest = null, tap = false }, { given, now }) {
  const known = manifest && isCurrent(manifest, now) ? manifest : null;
  const carried = inHand.map(
    ({ reference }) => known?.parcels.find((parcel) => sameNumber(parcel.reference, reference)) ?? null,
  );
  if (inHand.some(({ reference }) => given.has(reference)) || carried.some((parcel) => parcel?.handed_over_at))
    return "already_handed_over";
  if (carried.length && carried.every((parcel) => parcel && !parcel.code_required)) return "code_not_required";
  if (tap) return "offline_unchecked";
  if (!digest) return "offline_digits";
  const fits =
    carried.length > 0 &&
    carried.every((parcel, place) => parcel && opens(digest, parcel, inHand[place].by, inHand.length));
  if (!fits) return "offline_unchecked";
  return known?.offline === "hand_over" ? "offline_hand_over" : "offline_wait";
}

/**
 * A code opens the parcels whose tokens it is among: a delegate's those that they were named for. Chosen from a list, one may lie in the van while another is handed out.
 * @param {string} digest
 * @param {Carried} parcel
 * @param {"label"|"choice"} by
 * @param {number} several how many are in hand
 */
function opens(digest, parcel, by, several) {
  if (!parcel.code_required) return true;
  if (by === "choice" && several > 1) return false;
  return parcel.digests.includes(digest);
}
