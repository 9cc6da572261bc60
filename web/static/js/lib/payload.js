/** What a text read from a symbol is: a delivery code, a parcel's label, or something foreign. Pure. */

const CODE = /^731\d{31}$/;
// Cut, over-long or mistyped codes are presented as codes, so that the service names them.
const CODE_LIKE = /^73\d{18,}$/;
const REFERENCE = /^[A-Z0-9._/+-]{3,50}$/;
const LONGEST = 512;
// The symbology that a scanner may name before the text (ISO/IEC 15424).
const AIM = /^\][A-Za-z]\d/;

/**
 * Compute a long decimal number modulo 97 (ISO 7064).
 * @param {string} digits
 */
export function modulo97(digits) {
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return rest;
}

/** @param {string} text */
export const isPayload = (text) => CODE.test(text) && modulo97(text) === 1;

/**
 * Sort a text into what a person holds.
 * @param {string} text
 * @returns {{kind: "code"|"label"|"foreign"|"nothing", value: string}}
 */
export function sort(text) {
  const plain = text.trim().replace(AIM, "").slice(0, LONGEST);
  if (!plain) return { kind: "nothing", value: "" };
  if (CODE_LIKE.test(plain)) return { kind: "code", value: plain };
  const reference = asReference(plain);
  return reference ? { kind: "label", value: reference } : { kind: "foreign", value: plain };
}

/**
 * Normalise a label's text to a parcel reference, or return null.
 * @param {string} text
 */
export function asReference(text) {
  const bare = text.replace(AIM, "").replace(/^\u001d/, "");
  const serial = /^(?:\(00\)|00)(\d{18})$/.exec(bare.split("\u001d")[0]);
  if (serial && hasGs1CheckDigit(serial[1])) return serial[1];
  const reference = bare.replace(/[\s\u001d]/g, "").toUpperCase();
  return REFERENCE.test(reference) ? reference : null;
}

/** @param {string} digits an SSCC, whose last digit is computed from the others (GS1 General Specifications 7.9) */
function hasGs1CheckDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, index) => total + Number(digit) * (index % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}
