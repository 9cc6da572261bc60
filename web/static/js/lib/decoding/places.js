/**
 * Where symbols are: equal texts at different places are two symbols, and some rows of bars are no symbol of their own.
 * `scanner/decoding/confirmation.py` tells them apart in the same way. Pure.
 */

/** @typedef {{x: number, y: number}} Point */
/**
 * @typedef {{text: string, symbology: string, corners: Point[], rows?: number, isUnread?: boolean, version?: number}} Sighted
 * `rows`: so many told the text of bars, the first and the last at the corners;
 * `isUnread`: a symbol is surely there, of a version that its pattern tells, and its text was not told
 */

const MATRICES = new Set(["QRCode", "DataMatrix", "Aztec", "PDF417"]);
// Pixels that a character of bars takes at least.
const LEAST_PIXELS = 4;
// Share of their length within which rows are of the same bars.
const SAME_BARS = 0.25;

// So many rows over a tenth of their length: of 686 readings of weak kinds those that were wrong spanned a twenty-seventh at most.
const ROWS_APART = 3;
const APART = 0.1;

/** @param {string} symbology */
export const isBars = (symbology) => !MATRICES.has(symbology);

/** Say whether rows told the text of bars that lie so far apart that a speck or a worn bar is not in all of them. @param {Sighted} symbol */
export function areRowsApart({ corners: [topLeft, topRight, bottomRight, bottomLeft], rows = 0 }) {
  const apart = Math.min(distance(topLeft, bottomLeft), distance(topRight, bottomRight));
  return rows >= ROWS_APART && apart >= APART * distance(topLeft, topRight);
}

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
  return Math.max(...corners.map((corner, at) => distance(corner, corners[(at + 1) % corners.length])));
}

/** @param {Point} one @param {Point} other */
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);
