/**
 * Reed-Solomon over GF(256) as in ISO/IEC 18004 §7.5.2: errors and erasures. Pure.
 * `scanner/decoding/known/reed_solomon.py` does the same for many words at once.
 */

const ORDER = 255;
const EXP = new Uint8Array(2 * ORDER);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < ORDER; power++) {
  EXP[power] = EXP[power + ORDER] = value;
  LOG[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}

/** @param {number} one @param {number} other */
const times = (one, other) => (one && other ? EXP[LOG[one] + LOG[other]] : 0);
/** @param {number} value not 0 */
const inverse = (value) => EXP[ORDER - LOG[value]];

/** @param {Uint8Array} data @param {number} count @returns {Uint8Array} */
export function checkSymbols(data, count) {
  let generator = [1];
  for (let power = 0; power < count; power++) {
    const next = [...generator, 0];
    generator.forEach((value, at) => (next[at + 1] ^= times(value, EXP[power])));
    generator = next;
  }
  const remainder = new Uint8Array(count + 1);
  for (const symbol of data) {
    const factor = symbol ^ remainder[0];
    remainder.copyWithin(0, 1);
    remainder[count] = 0;
    for (let at = 0; at < count; at++) remainder[at] ^= times(factor, generator[at + 1]);
  }
  return remainder.slice(0, count);
}

/** @param {Uint8Array} word @param {number} count */
function syndromes(word, count) {
  const found = new Uint8Array(count);
  for (let root = 0; root < count; root++) {
    for (let at = 0; at < word.length; at++) found[root] = times(found[root], EXP[root]) ^ word[at];
  }
  return found;
}

/**
 * Correct a word where twice its errors and its erasures are `count` at most.
 * @param {Uint8Array} word @param {number[]} erased places @param {number} count
 * @returns {Uint8Array | null}
 */
export function correct(word, erased, count) {
  const found = syndromes(word, count);
  let locator = new Uint8Array(count + 1);
  locator[0] = 1;
  for (const place of erased) {
    const root = EXP[word.length - 1 - place];
    for (let at = count; at > 0; at--) locator[at] ^= times(root, locator[at - 1]);
  }
  let helper = locator.slice();
  let size = erased.length;
  for (let step = erased.length + 1; step <= count; step++) {
    let error = 0;
    for (let at = 0; at < step; at++) error ^= times(locator[at], found[step - 1 - at]);
    const shifted = new Uint8Array(count + 1);
    shifted.set(helper.subarray(0, count), 1);
    const next = locator.map((value, at) => value ^ times(error, shifted[at]));
    if (error && 2 * size <= step - 1 + erased.length) {
      const scale = inverse(error);
      helper = locator.map((value) => times(scale, value));
      size = step + erased.length - size;
    } else helper = shifted;
    locator = next;
  }
  return forney(word, found, locator, size, count);
}

/** @param {Uint8Array} word @param {Uint8Array} found @param {Uint8Array} locator @param {number} size @param {number} count */
function forney(word, found, locator, size, count) {
  const evaluator = new Uint8Array(count);
  for (let at = 0; at < count; at++)
    for (let by = 0; by <= at; by++) evaluator[at] ^= times(locator[by], found[at - by]);
  const odd = locator.map((value, at) => (at % 2 ? value : 0));
  const corrected = word.slice();
  let roots = 0;
  for (let place = 0; place < word.length; place++) {
    const log = word.length - 1 - place;
    const at = EXP[(ORDER - log) % ORDER];
    if (valueAt(locator, at)) continue;
    roots += 1;
    // The formal derivative times the place: the first consecutive root is 1.
    const derivative = valueAt(odd, at);
    if (!derivative) return null;
    corrected[place] ^= times(valueAt(evaluator, at), inverse(derivative));
  }
  return roots === size && syndromes(corrected, count).every((value) => !value) ? corrected : null;
}

/** @param {Uint8Array} polynomial the lowest power first @param {number} at */
function valueAt(polynomial, at) {
  let value = 0;
  for (let power = polynomial.length - 1; power >= 0; power--) value = times(value, at) ^ polynomial[power];
  return value;
}
