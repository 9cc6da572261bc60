/**
 * What a text read from a symbol is: a delivery code, a parcel's label, or something foreign. Pure.
 * Whether a code is a payload is known to `codes/values/payload.py`; both are tried on the cases of `tests/cases/payload.json`.
 */

import { asReference } from "./tracking-number.js";

// Cut, over-long or mistyped codes are presented as codes, so that the service names them; it alone checks their digits.
const CODE_LIKE = /^73[0-9]{18,}$/;
/** What a colleague signs in with: it opens a counter, so it is no label, and nobody asks about it. */
export const BADGE = /^STAFF-[A-Z0-9]{8,60}$/;
const LONGEST = 512;
// The symbology that a scanner may name before the text (ISO/IEC 15424).
const AIM = /^\][A-Za-z][0-9A-Za-z]/;

/** The parcels of one picture come before its code, which is presented for all of them. */
export const BY_PARCEL = ["label", "code", "foreign"];
/** Where nobody hands over, a code is asked about before whatever else somebody holds there. */
export const BY_CODE_ALONE = ["code", "foreign"];

/**
 * Put the texts of one picture into the order in which they are taken, whichever was read first; others are left out.
 * @param {string[]} texts @param {string[]} kinds
 */
export function inOrder(texts, kinds) {
  return kinds.flatMap((kind) => texts.filter((text) => sort(text).kind === kind));
}

/**
 * Sort a text into what a person holds.
 * @param {string} text
 * @returns {{kind: "code"|"label"|"badge"|"foreign"|"nothing", value: string}} a label's value is its number as it is kept
 */
export function sort(text) {
  const plain = text.trim().replace(AIM, "").slice(0, LONGEST);
  if (!plain) return { kind: "nothing", value: "" };
  if (CODE_LIKE.test(plain)) return { kind: "code", value: plain };
  if (BADGE.test(plain)) return { kind: "badge", value: "" };
  const reference = asReference(text);
  return reference ? { kind: "label", value: reference } : { kind: "foreign", value: plain };
}
