/** The forms of what stands in a proof, and the fault that is thrown where something has not its form. Pure. */

/** The first thing that is wrong with a proof. */
export class Fault extends Error {}

/** This browser cannot check it: it knows no Ed25519, inflates nothing, or the page came without TLS. */
export class Unable extends Error {}

/** Nothing was checked, for there was no proof or no key; its message says why, in the reader's language. */
export class Unchecked extends Error {}

const DEEPEST = 8;
const MOMENT = /^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/;
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const NAME = /^[a-z_]+$/;
export const utf8 = new TextEncoder();

/** RFC 8785 for the values that stand in a proof. @param {any} value @param {number} [depth] @returns {string} */
export function canonical(value, depth = 0) {
  must(depth <= DEEPEST, "the file is nested deeper than a proof");
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each, depth + 1)).join(",")}]`;
  if (isObject(value)) {
    const written = Object.keys(value)
      .sort()
      .map((key) => `${canonical(key, depth + 1)}:${canonical(value[key], depth + 1)}`);
    return `{${written.join(",")}}`;
  }
  must(typeof value !== "number" || Number.isSafeInteger(value), "a number has no one form");
  must(typeof value !== "string" || !/\p{Surrogate}/u.test(value), "a lone surrogate is no text");
  return JSON.stringify(value);
}

/** @param {any} value */
export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
/** @param {any} value @param {string[]} names */
export const has = (value, names) =>
  isObject(value) && Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));
/** @param {RegExp} form @param {unknown} value */
export const is = (form, value) => typeof value === "string" && form.test(value);
/** @param {unknown} value */
export const isText = (value) => typeof value === "string" && value !== "";
/** @param {unknown} value @param {number} length */
export const isHex = (value, length) =>
  typeof value === "string" && value.length === 2 * length && /^[0-9a-f]*$/.test(value);

/** @param {any} value */
export function isMoment(value) {
  if (!is(MOMENT, value)) return false;
  // A day that no month has comes back as another one, or as none.
  const milliseconds = `${value.slice(0, 23)}Z`,
    moment = new Date(milliseconds);
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === milliseconds;
}

/** Facts are flat: names of small letters; text, whole numbers, truth values or null. @param {any} value */
export function areFacts(value) {
  return (
    isObject(value) &&
    Object.entries(value).every(([name, each]) => is(NAME, name) && (each === null || typeof each !== "object"))
  );
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
/** @param {Uint8Array<ArrayBuffer>} bytes */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
/** @param {string} text */
export const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {Uint8Array[]} parts */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** @param {unknown} condition @param {string} fault */
export function must(condition, fault) {
  if (!condition) throw new Fault(fault);
}
