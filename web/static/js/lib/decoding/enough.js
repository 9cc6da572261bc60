/** What a reading may end with: as the page waits for a label, for a delivery code, or for all that is there. Pure. */

import { sort } from "../handing/payload.js";

/** @typedef {"delivery_code"|"label"|"any"|"all"} Enough as `scanner/decoding/enough.py` names them */

/**
 * Say whether a reading may end, with what it has found.
 * @param {{text: string}[]} found
 * @param {Enough} enough
 */
export function areEnough(found, enough) {
  if (enough === "all") return false;
  if (enough === "any") return found.length > 0;
  const kind = enough === "label" ? "label" : "code";
  return found.some(({ text }) => sort(text).kind === kind);
}
