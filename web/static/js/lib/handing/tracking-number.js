/**
 * Tracking numbers: how one is written down, and by what two are the same. Pure. `codes/values/tracking_numbers.py` holds the
 * same rules; both are tried on the cases of `tests/cases/tracking-numbers.json`.
 */

const TEST_PARCELS = "TEST/";
// Bars hold many shorter runs of digits by chance, such as a postcode or a service's number.
const SHORTEST_CONTAINED = 8;
const LONGEST_TEXT = 128;
// ISO/IEC 15424: which kind of symbol a text was read from, as scanners may name it before the text.
const AIM = /^\][A-Za-z][0-9A-Za-z]/;
const WRITTEN = /^[A-Z0-9][A-Z0-9._/+-]{2,49}$/;
const SEPARATORS = /[._/+-]/g;
// GS1 General Specifications §3.2: the application identifier 00 before the 18 digits of a serial shipping container.
const SSCC = /^00(\d{18})$/;
// Blanks, line ends, FNC1 (which readers tell as GS, U+001D), brackets of an application identifier, signs without width
// and signs of direction: keyboards, copying and readers add them, and nobody sees them.
const DROPPED = new RegExp(
  // eslint-disable-next-line no-misleading-character-class -- the joiner is itself a sign that nobody sees
  "[\\t-\\r\\u001d \\u0028\\u0029\\u0085\\u00a0\\u00ad\\u061c\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufe00-\\ufe0f\\ufeff\\uff08\\uff09]",
  "g",
);
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63]/g;

/**
 * Write a tracking number as it is kept, shown and signed, or return null if a text can be none.
 * @param {string} text
 * @returns {string | null}
 */
export function asReference(text) {
  const written = plain(text);
  if (!WRITTEN.test(written)) return null;
  const sscc = SSCC.exec(written.replace(SEPARATORS, ""));
  return sscc ? sscc[1] : written;
}

/**
 * Return by what a tracking number is compared: without separators; null if a text can be none.
 * @param {string} text
 * @returns {string | null}
 */
export function numberOf(text) {
  const written = plain(text);
  if (!WRITTEN.test(written)) return null;
  const realm = written.startsWith(TEST_PARCELS) ? TEST_PARCELS : "";
  const number = written.slice(realm.length).replace(SEPARATORS, "");
  return realm + (SSCC.exec(number)?.[1] ?? number);
}

/**
 * Tell whether two texts write the same tracking number.
 * @param {string} one
 * @param {string} other
 */
export function sameNumber(one, other) {
  const number = numberOf(one);
  return number !== null && number === numberOf(other);
}

/**
 * Return the one of these references that a text names, or else contains; null if that is none or several.
 * @param {string} text
 * @param {string[]} references
 * @returns {string | null}
 */
export function referenceIn(text, references) {
  const named = references.find((reference) => sameNumber(reference, text));
  if (named !== undefined) return named;
  const runs =
    plain(text)
      .slice(0, LONGEST_TEXT)
      .replace(SEPARATORS, "")
      .match(/[A-Z0-9]+/g) ?? [];
  const contained = references.filter((reference) => {
    const number = numberOf(reference) ?? "";
    return number.length >= SHORTEST_CONTAINED && runs.some((run) => run.includes(number));
  });
  return contained.length === 1 ? contained[0] : null;
}

/** @param {string} text */
function plain(text) {
  return text
    .replace(DROPPED, "")
    .replace(DASHES, "-")
    .replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(AIM, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
