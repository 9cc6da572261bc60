/** Small matrices, rows one after another: homographies of nine numbers, and symmetric systems. Pure. */

/** @typedef {number[]} Place a homography from modules to pixels */

/** @param {Place} one @param {Place} other @returns {Place} */
export const product = (one, other) =>
  Array.from({ length: 9 }, (_, at) => {
    const row = 3 * Math.floor(at / 3);
    return [0, 1, 2].reduce((sum, by) => sum + one[row + by] * other[3 * by + (at % 3)], 0);
  });

/** @param {Place} m @returns {Place | null} */
export function inverse([a, b, c, d, e, f, g, h, i]) {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (Math.abs(determinant) < 1e-9) return null;
  const rows = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f];
  return [...rows, d * h - e * g, b * g - a * h, a * e - b * d].map((value) => value / determinant);
}

/** @param {Place} m @param {number} u @param {number} v @returns {{x: number, y: number}} */
export function pointAt([a, b, c, d, e, f, g, h, i], u, v) {
  const depth = g * u + h * v + i;
  return { x: (a * u + b * v + c) / depth, y: (d * u + e * v + f) / depth };
}

/**
 * Solve a symmetric positive system (Cholesky).
 * @param {Float64Array} squares n × n @param {Float64Array} aims n @returns {Float64Array}
 */
export function solved(squares, aims) {
  const n = aims.length;
  const lower = squares.slice();
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = lower[row * n + column];
      for (let by = 0; by < column; by++) sum -= lower[row * n + by] * lower[column * n + by];
      lower[row * n + column] = row === column ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[column * n + column];
    }
  }
  const found = aims.slice();
  for (let row = 0; row < n; row++) {
    for (let by = 0; by < row; by++) found[row] -= lower[row * n + by] * found[by];
    found[row] /= lower[row * n + row];
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let by = row + 1; by < n; by++) found[row] -= lower[by * n + row] * found[by];
    found[row] /= lower[row * n + row];
  }
  return found;
}
