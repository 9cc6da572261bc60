/** What a hand scanner puts around each text, and what is wrong with one that cannot type a known text. Pure but for the memory. */

const KEPT = "doorcode-scanner";
// The symbology that many scanners can be told to name first (ISO/IEC 15424).
const AIM = /^\][A-Za-z]\d/;
const SLOWER_THAN_NEEDED_MS = 50;
// Where letters land that a scanner presses for a German or a French keyboard.
const LAYOUTS = /** @type {Record<string, string>[]} */ ([
  { Y: "Z", Z: "Y" },
  { A: "Q", Q: "A", W: "Z", Z: "W", M: ";" },
]);

/**
 * @typedef {{prefix: string, suffix: string}} Habits
 * @typedef {{works: boolean, wrong: "layout"|"lost"|"other"|null, slow: boolean, endless: boolean, habits: Habits}} Findings
 */

/**
 * Take off what the scanner puts around a text.
 * @param {string} text
 * @param {Habits} habits
 */
export function bare(text, { prefix, suffix }) {
  let inner = text;
  if (prefix && inner.startsWith(prefix)) inner = inner.slice(prefix.length);
  if (suffix && inner.endsWith(suffix)) inner = inner.slice(0, -suffix.length);
  return inner.replace(AIM, "");
}

/**
 * Compare what came with what the test symbol says.
 * @param {string} text
 * @param {string} expected
 * @param {import("./wedge.js").Manner} manner
 * @returns {Findings}
 */
export function examine(text, expected, { end, gap }) {
  const at = text.indexOf(expected);
  const habits = { prefix: "", suffix: "" };
  if (at >= 0)
    Object.assign(habits, { prefix: text.slice(0, at).replace(AIM, ""), suffix: text.slice(at + expected.length) });
  const wrong = at >= 0 ? null : whatIsWrong(text, expected);
  return { works: !wrong, wrong, slow: gap > SLOWER_THAN_NEEDED_MS, endless: !end, habits };
}

/** @param {string} text @param {string} expected */
function whatIsWrong(text, expected) {
  const letters = (/** @type {string} */ some) => some.replace(/[^A-Z;]/g, "");
  for (const moved of LAYOUTS) {
    const garbled = [...letters(expected)].map((letter) => moved[letter] ?? letter).join("");
    if (letters(text).includes(garbled)) return "layout";
  }
  return text.length >= expected.length / 2 && isPart(text.replace(AIM, ""), expected) ? "lost" : "other";
}

/** Tell whether all signs of a text come in this order in the other. @param {string} text @param {string} whole */
function isPart(text, whole) {
  let from = 0;
  for (const sign of text) {
    const at = whole.indexOf(sign, from);
    if (at < 0) return false;
    from = at + 1;
  }
  return true;
}

/** @returns {Habits} what was found when this scanner was set up */
export function knownHabits() {
  try {
    return { prefix: "", suffix: "", ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { prefix: "", suffix: "" };
  }
}

/** @param {Habits} habits */
export const keepHabits = (habits) => localStorage.setItem(KEPT, JSON.stringify(habits));
