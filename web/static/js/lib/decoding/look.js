/** What a frame looks like in which nothing was read: too dark, blurred all over, or with everything far away. Pure. */

const STEP_X = 3;
const STEP_Y = 8;
const EDGE = 3;
const TILES = 16;
const DARK = 45;
const FLAT = 30;
const SOFT = 0.35;
const NEAR = 0.25;

/** @typedef {"dark"|"blurred"|"far"|"ordinary"} Look */

/**
 * Judge a frame by its brightness, by its steepest edges against its whole contrast, and by how much of it has any.
 * @param {import("./steps.js").Grey} frame
 * @returns {Look}
 */
export function lookOf({ data, width, height }) {
  const levels = new Uint32Array(256);
  const steps = new Uint32Array(256);
  const tiles = Array.from({ length: TILES * TILES }, () => ({ low: 255, high: 0 }));
  for (let y = 0; y < height; y += STEP_Y) {
    for (let x = 0; x < width - EDGE; x += STEP_X) {
      const at = y * width + x;
      const level = data[at];
      levels[level]++;
      steps[Math.abs(level - data[at + EDGE])]++;
      const tile = tiles[Math.floor((y * TILES) / height) * TILES + Math.floor((x * TILES) / width)];
      tile.low = Math.min(tile.low, level);
      tile.high = Math.max(tile.high, level);
    }
  }
  const range = share(levels, 0.99) - share(levels, 0.01);
  if (share(levels, 0.95) < DARK) return "dark";
  const busy = tiles.flatMap(({ low, high }, place) => (high - low > Math.max(FLAT, range / 2) ? [place] : []));
  const spread = Math.max(
    extent(busy.map((place) => place % TILES)),
    extent(busy.map((place) => Math.floor(place / TILES))),
  );
  if (busy.length && spread <= NEAR) return "far";
  return range > FLAT && share(steps, 0.998) < SOFT * range ? "blurred" : "ordinary";
}

/**
 * @param {Uint32Array} counts
 * @param {number} part
 * @returns {number} the level below which this part of all lies
 */
function share(counts, part) {
  const wanted = counts.reduce((sum, count) => sum + count, 0) * part;
  let seen = 0;
  return Math.max(
    0,
    counts.findIndex((count) => (seen += count) >= wanted),
  );
}

/** @param {number[]} places @returns {number} the part of the frame that they span */
const extent = (places) => (Math.max(...places) - Math.min(...places) + 1) / TILES;
