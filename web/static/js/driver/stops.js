/** The stops of a tour: where each is, how one is found, and which is the next. Pure. */

import { sameNumber } from "../lib/handing/tracking-number.js";
import { fold } from "./folding.js";

/** @typedef {import("./tour.js").Carried} Carried */

/**
 * Write where a stop is, in one line.
 * @param {Carried} parcel
 */
export const addressOf = ({ street, postcode, city }) =>
  [street, [postcode, city].filter(Boolean).join(" ")].filter(Boolean).join(", ");

/**
 * Tell whether a stop is what somebody looks for: by number, name, street, city or note. Each word may stand anywhere in
 * them, a number only where one begins: 4 is house 4, not a part of the postcode.
 * @param {Carried} parcel
 * @param {string} sought
 */
export function isFound(parcel, sought) {
  const bare = (/** @type {string} */ text) => text.replace(/[^A-Za-z0-9]/g, "").toUpperCase();
  if (bare(sought) && bare(parcel.reference).includes(bare(sought))) return true;
  const held = fold([parcel.name, addressOf(parcel), parcel.note].filter(Boolean).join(" "));
  return fold(sought)
    .split(" ")
    .every((word) => (/^\d/.test(word) ? ` ${held}`.includes(` ${word}`) : held.includes(word)));
}

/**
 * Return the next stop after this one that is still to be made.
 * @param {Carried[]} parcels
 * @param {string} reference
 * @returns {Carried | undefined}
 */
export function nextStop(parcels, reference) {
  const place = parcels.findIndex((parcel) => sameNumber(parcel.reference, reference));
  const done = parcels[place];
  if (!done) return undefined;
  return parcels
    .slice(place + 1)
    .find(
      (parcel) =>
        !parcel.handed_over_at &&
        !parcel.not_handed_over &&
        (parcel.consignment === null || parcel.consignment !== done.consignment),
    );
}

/**
 * Where the phone's maps look an address up; nothing is asked of anybody before the driver taps it.
 * @param {Carried} parcel
 * @param {string} [phone] what the browser says of itself
 */
export function mapsLink(parcel, phone = navigator.userAgent) {
  const address = encodeURIComponent(addressOf(parcel));
  if (/Android/.test(phone)) return `geo:0,0?q=${address}`;
  if (/iPhone|iPad|Macintosh/.test(phone)) return `https://maps.apple.com/?q=${address}`;
  return `https://www.openstreetmap.org/search?query=${address}`;
}
