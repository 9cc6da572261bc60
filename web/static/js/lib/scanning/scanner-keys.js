/** What one key means that a hand scanner presses: by its place on the board, by its sign, or by Alt and a number. Pure. */

/** @type {Map<string, string>} */
const PLACES = new Map(
  /** @type {[string, string][]} */ ([
    ...[..."0123456789"].flatMap((digit) => [
      [`Digit${digit}`, digit],
      [`Numpad${digit}`, digit],
    ]),
    ...[..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => [`Key${letter}`, letter]),
    ["Minus", "-"],
    ["NumpadSubtract", "-"],
    ["Period", "."],
    ["NumpadDecimal", "."],
    ["Slash", "/"],
    ["NumpadDivide", "/"],
    ["NumpadAdd", "+"],
    ["Space", " "],
    ["BracketLeft", "["],
    ["BracketRight", "]"],
    ["Semicolon", ";"],
    ["Quote", "'"],
    ["Comma", ","],
    ["Backquote", "`"],
    ["Backslash", "\\"],
    ["Equal", "="],
  ]),
);
const SHIFTED = new Map([
  ["Minus", "_"],
  ["Equal", "+"],
]);
const ENDS = /** @type {Map<string, End>} */ (
  new Map([
    ["Enter", "Enter"],
    ["NumpadEnter", "Enter"],
    ["Tab", "Tab"],
  ])
);
// Scanners press control characters as Ctrl and a letter: a line's end is Ctrl+J or Ctrl+M, a tab Ctrl+I.
const ENDS_BY_CTRL = /** @type {Map<string, End>} */ (
  new Map([
    ["J", "Enter"],
    ["M", "Enter"],
    ["I", "Tab"],
  ])
);
const ENDS_BY_NUMBER = /** @type {Map<number, End>} */ (
  new Map([
    [9, "Tab"],
    [10, "Enter"],
    [13, "Enter"],
  ])
);
const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock", "Fn"]);
const PRINTABLE = /^[ -~]$/;

/**
 * @typedef {"Enter"|"Tab"} End
 * @typedef {{code: string, key?: string, shiftKey?: boolean, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean}} Key
 * @typedef {{sign: string} | {end: End} | {altDigit: string} | {is: "back"|"shortcut"|"nothing"}} Meaning
 *   a shortcut is for the browser, and none when a scanner presses it
 */

/**
 * Say what a key means.
 * @param {Key} pressed
 * @returns {Meaning}
 */
export function meaningOf(pressed) {
  const { code, key = "", ctrlKey, altKey, metaKey } = pressed;
  if (MODIFIERS.has(key)) return { is: "nothing" };
  if (ctrlKey && !altKey && !metaKey) {
    const end = ENDS_BY_CTRL.get(PLACES.get(code) ?? key.toUpperCase());
    return end ? { end } : { is: "shortcut" };
  }
  if (altKey && !ctrlKey && !metaKey) {
    const digit = code.startsWith("Numpad") || !code ? (PLACES.get(code) ?? key) : "";
    return /^\d$/.test(digit) ? { altDigit: digit } : { is: "shortcut" };
  }
  if (ctrlKey || metaKey) return { is: "shortcut" };
  const name = isPlaced(pressed) ? code : key;
  const end = ENDS.get(name);
  if (end) return { end };
  if (name === "Backspace") return { is: "back" };
  const sign = isPlaced(pressed) ? (pressed.shiftKey && SHIFTED.get(code)) || PLACES.get(code) : signOf(key);
  if (sign !== undefined) return { sign };
  return { is: key.length > 1 && key !== "Unidentified" && key !== "Process" ? "shortcut" : "nothing" };
}

/** On Android keys have no place, only a sign; remote desktops send them so, too. @param {Key} pressed */
export const isPlaced = ({ code }) => Boolean(code) && code !== "Unidentified";

/** Name a shortcut as keyboards do. @param {Key} pressed */
export function nameOf({ key = "", ctrlKey, altKey, metaKey }) {
  const held = [ctrlKey && "Ctrl", altKey && "Alt", metaKey && "Meta"].filter(Boolean);
  return [...held, key.length === 1 ? key.toUpperCase() : key].join("+");
}

/**
 * Say what a sign means that came without a key: scanners speak in capital letters.
 * @param {string} text one sign
 * @returns {Meaning}
 */
export function meaningOfText(text) {
  const end = ENDS_BY_NUMBER.get(text.charCodeAt(0));
  if (end) return { end };
  const sign = signOf(text);
  return sign === undefined ? { is: "nothing" } : { sign };
}

/**
 * Say what a number means that was typed on the number pad while Alt was held down.
 * @param {string} number
 * @returns {Meaning}
 */
export const meaningOfNumber = (number) => meaningOfText(String.fromCharCode(Number(number)));

/** @param {string} text @returns {string | undefined} */
const signOf = (text) => (PRINTABLE.test(text) ? text.toUpperCase() : undefined);
