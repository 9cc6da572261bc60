/** A closer look at one place of a picture: cut out and enlarged, or of bars some bands of rows that stand upright. Pure. */

import { middleOf } from "../places.js";
import { enlarged, evened, mixed, sharpened, softened } from "../steps.js";

/** @typedef {import("../steps.js").Grey} Grey */
/** @typedef {import("../places.js").Point} Point */

const SIDE = 900;
const MARGIN = 0.25;
const LARGEST_FACTOR = 3;
const SMALLEST_SIDE = 8;
// From the middle outwards; each is a witness of its own.
const BANDS = [0, -1, 1, -2, 2, -3, 3, -4];
const BAND_ROWS = 6;
const BARS_MARGIN = 0.1;

/** From the plainest to the most altered. @type {{name: string, alter: (cut: Grey) => Grey}[]} */
export const CLOSER = [
  { name: "closer", alter: (cut) => cut },
  { name: "closer, sharpened", alter: (cut) => sharpened(cut, SIDE, 2, 1.5).grey },
  { name: "closer, softened", alter: (cut) => softened(cut, SIDE, 1.5).grey },
  { name: "closer, evened", alter: (cut) => evened(cut, SIDE, 4).grey },
];

/** How bars are laid upright and altered; what is enlarged has the same rows of the picture in each band. */
/** @type {{name: string, times: number, alter: (straight: Grey) => Grey}[]} */
export const IN_BANDS = [
  { name: "bands", times: 1, alter: (straight) => straight },
  { name: "bands, sharpened", times: 1, alter: (straight) => sharpened(straight, Infinity, 3, 1.5).grey },
  { name: "bands, enlarged", times: 2, alter: (straight) => sharpened(straight, Infinity, 3, 1.5).grey },
  { name: "bands, large", times: 3, alter: (straight) => straight },
  { name: "bands, softened", times: 3, alter: (straight) => softened(straight, SIDE, 1.5).grey },
  { name: "bands, evened", times: 3, alter: (straight) => evened(straight, SIDE, 4).grey },
  { name: "bands, enlarged lightly", times: 2, alter: (straight) => sharpened(straight, Infinity, 2, 1.5).grey },
];

/** Cut a place out and enlarge it. @param {Grey} grey @param {Point[]} corners @returns {Grey | null} */
export function cutOut(grey, corners) {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const widest = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const margin = Math.round(MARGIN * widest) + 8;
  const [left, top] = [
    Math.max(0, Math.round(Math.min(...xs)) - margin),
    Math.max(0, Math.round(Math.min(...ys)) - margin),
  ];
  const across = Math.min(grey.width, Math.round(Math.max(...xs)) + margin) - left;
  const down = Math.min(grey.height, Math.round(Math.max(...ys)) + margin) - top;
  if (across < SMALLEST_SIDE || down < SMALLEST_SIDE) return null;
  return enlarged(grey, left, top, across, down, Math.min(LARGEST_FACTOR, SIDE / Math.max(across, down))).grey;
}

/** Lay rows along bars, however they are turned, with room at both ends. @param {Grey} grey @param {Point[]} corners from where they are read @param {number} times rows for one of the picture @returns {Grey | null} */
export function straightened(grey, [topLeft, topRight, bottomRight, bottomLeft], times) {
  const [from, to] = [middleOf([topLeft, bottomLeft]), middleOf([topRight, bottomRight])];
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length < SMALLEST_SIDE) return null;
  const across = length * (1 + 2 * BARS_MARGIN);
  const factor = Math.min(times, Math.max(1, SIDE / across));
  const [alongX, alongY] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const { x: middleX, y: middleY } = middleOf([from, to]);
  const [width, height] = [Math.round(across * factor), BANDS.length * BAND_ROWS * times];
  const [lastX, lastY] = [grey.width - 1.001, grey.height - 1.001];
  const data = new Uint8ClampedArray(width * height);
  for (let row = 0; row < height; row++) {
    const off = (row - (height - 1) / 2) / times;
    for (let column = 0; column < width; column++) {
      const along = (column - (width - 1) / 2) / factor;
      const x = Math.min(lastX, Math.max(0, middleX + along * alongX - off * alongY));
      const y = Math.min(lastY, Math.max(0, middleY + along * alongY + off * alongX));
      data[row * width + column] = mixed(grey, x, y);
    }
  }
  return { data, width, height };
}

/** Cut straightened bars into bands of rows, none over another. @param {Grey} grey @returns {{number: number, band: Grey}[]} */
export function bandsOf({ data, width, height }) {
  const rows = Math.floor(height / BANDS.length);
  return BANDS.map((number) => {
    const top = (number + BANDS.length / 2) * rows;
    return { number, band: { data: data.slice(top * width, (top + rows) * width), width, height: rows } };
  });
}
