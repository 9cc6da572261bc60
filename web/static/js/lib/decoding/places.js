/**
 * Where symbols are: equal texts at different places are two symbols, and some rows of bars are no symbol of their own.
 * `scanner/decoding/confirmation.py` tells them apart in the same way. Pure.
 */

/** @typedef {{x: number, y: number}} Point */
/**
 * @typedef {{text: string, symbology: string, corners: Point[], isUnread?: boolean}} Sighted
 * `isUnread`: a symbol is surely there, and its text was not told
 */

const MATRICES = new Set(["QRCode", "DataMatrix", "Aztec", "PDF417"]);
// Pixels that a character of bars takes at least.
const LEAST_PIXELS = 4;
// Share of their length within which rows are of the same bars.
const SAME_BARS = 0.25;

/** @param {string} symbology */
export const isBars = (symbology) => !MATRICES.has(symbology);

/** Add a symbol where none of its kind and text is; of bars the longer sighting stays. @param {Sighted[]} found @param {Sighted} symbol */
export function addWhereNoneIs(found, symbol) {
  const { text, symbology } = symbol;
  const at = found.findIndex(
    (each) => each.text === text && each.symbology === symbology && areOneSymbol(each, symbol),
  );
  const least = LEAST_PIXELS * text.length;
  if (at < 0) found.push(symbol);
  else if (isBars(symbology) && lengthOf(found[at]) < least && lengthOf(symbol) >= least) found[at] = symbol;
}

/** @param {Sighted} one @param {Sighted} other of one text */
function areOneSymbol(one, other) {
  if (areAtOnePlace(one, other)) return true;
  if (!isBars(one.symbology)) return false;
  const lengths = [lengthOf(one), lengthOf(other)];
  const [{ x, y }, { x: otherX, y: otherY }] = [middleOf(one.corners), middleOf(other.corners)];
  const apart = Math.hypot(x - otherX, y - otherY);
  return Math.min(...lengths) < LEAST_PIXELS * one.text.length || apart < SAME_BARS * Math.max(...lengths);
}

/** Say whether the middle of either lies within the upright bounds of the other. @param {Sighted} one @param {Sighted} other */
export const areAtOnePlace = (one, other) => holds(one.corners, other.corners) || holds(other.corners, one.corners);

/** @param {Point[]} one @param {Point[]} other */
function holds(one, other) {
  const middle = middleOf(other);
  return ["x", "y"].every((axis) => {
    const name = /** @type {"x"|"y"} */ (axis);
    const values = one.map((point) => point[name]);
    return Math.min(...values) - 2 <= middle[name] && middle[name] <= Math.max(...values) + 2;
  });
}

/** @param {Point[]} corners @returns {Point} */
export function middleOf(corners) {
  const sum = corners.reduce((all, { x, y }) => ({ x: all.x + x, y: all.y + y }), { x: 0, y: 0 });
  return { x: sum.x / corners.length, y: sum.y / corners.length };
}

/** @param {Sighted} symbol */
function lengthOf({ corners }) {
  return Math.max(
    ...corners.map(({ x, y }, at) => {
      const next = corners[(at + 1) % corners.length];
      return Math.hypot(next.x - x, next.y - y);
    }),
  );
}
