/**
 * The modules of a QR symbol that was located and not read, found one by one: a grid that is moved and bent until what
 * is known of a symbol fits. `scanner/decoding/closer/grid.py` does the same, and says why. Pure.
 */

import { atMost, blurred, enlarged } from "../steps.js";

/** @typedef {import("../steps.js").Grey} Grey */
/** @typedef {import("../places.js").Point} Point */
/** @typedef {import("../known/matrices.js").Place} Place */

const LARGEST_SIDE = 57;
const INNER = 280;
const MARGIN = 30;
const WEIGHT_OF_KNOWN = 3;
const LEAST_KNOWN = 0.6;
const SPREAD_MOST = 1.5;
const ROUNDS = 3;
const DRAWN = 4;
const QUIET = 4;
const WAYS = [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => ({ x, y }))).filter(({ x, y }) => x || y);
const STRAIGHT = WAYS.filter(({ x, y }) => !x || !y);
const FAR = Array.from({ length: 9 }, (_, at) => 1.5 * at - 6);

/**
 * Find the modules in steps of some milliseconds, and draw them anew, flat and clean.
 * @param {Grey} grey @param {Point[]} corners outer ones @param {number} side modules across
 * @returns {Generator<void, Grey | null>} nothing where no symbol of this size is there
 */
export function* drawnAnew(grey, corners, side) {
  const size = Math.sqrt(areaOf(corners));
  if (size < side || side > LARGEST_SIDE) return null;
  const { grey: cut, placed } = cutAround(grey, corners, INNER / size);
  yield;
  const grid = new Grid(evenedOut(cut, (3 * INNER) / side), placed, side);
  yield;
  yield* grid.lookForFarCorner();
  yield* grid.fitCorners();
  yield* grid.bend();
  return grid.likeness() >= LEAST_KNOWN ? grid.drawn() : null;
}

/** @param {Point[]} corners */
const areaOf = (corners) =>
  Math.abs(
    corners.reduce((sum, { x, y }, at) => {
      const next = corners[(at + 1) % corners.length];
      return sum + x * next.y - y * next.x;
    }, 0),
  ) / 2;

/** Cut a place out so that a symbol there has a known size. @param {Grey} grey @param {Point[]} corners @param {number} factor */
function cutAround(grey, corners, factor) {
  const { grey: small, back } = atMost(grey, factor < 0.7 ? factor * Math.max(grey.width, grey.height) : Infinity);
  const [scale, rest] = [1 / back[0], factor * back[0]];
  const inSmall = corners.map(({ x, y }) => ({ x: x * scale, y: y * scale }));
  const [xs, ys] = [inSmall.map(({ x }) => x), inSmall.map(({ y }) => y)];
  const room = MARGIN / rest;
  const [left, top] = [
    Math.max(0, Math.floor(Math.min(...xs) - room)),
    Math.max(0, Math.floor(Math.min(...ys) - room)),
  ];
  const across = Math.min(small.width, Math.ceil(Math.max(...xs) + room)) - left;
  const down = Math.min(small.height, Math.ceil(Math.max(...ys) + room)) - top;
  const placed = inSmall.map(({ x, y }) => ({ x: (x - left) * rest, y: (y - top) * rest }));
  return { grey: enlarged(small, left, top, across, down, rest).grey, placed };
}

/** How far each place is above the mean around it, in that of their usual distances from it. */
/** @param {Grey} grey @param {number} sigma */
function evenedOut({ data, width, height }, sigma) {
  const soft = blurred({ data, width, height }, 1.2);
  const around = blurred({ data: soft, width, height }, sigma);
  const above = soft.map((value, at) => value - around[at]);
  const spread = blurred({ data: above.map((value) => value * value), width, height }, sigma);
  for (let at = 0; at < above.length; at++) {
    const value = above[at] / Math.sqrt(Math.max(spread[at], 9));
    above[at] = Math.min(Math.max(value, -SPREAD_MOST), SPREAD_MOST);
  }
  return { data: above, width, height };
}

/** The grid of one size on one picture: four corners, and how far its inside is bent. Holds what fits best. */
class Grid {
  /** @param {{data: Float32Array, width: number, height: number}} picture @param {Point[]} corners @param {number} side */
  constructor(picture, corners, side) {
    this.picture = picture;
    this.side = side;
    this.module = INNER / side;
    this.known = knownModules(side);
    this.corners = corners;
    this.knots = 1;
    /** @type {Float32Array} across and down by turns, row after row */
    this.bends = new Float32Array(2);
    this.spread = new Float32Array(side);
    this.values = new Float32Array(side * side);
    this.score = this.scoreOf(corners, this.bends);
  }

  /** Move the corner without a finder pattern over a wide field: perspective shows there. */
  *lookForFarCorner() {
    const from = this.corners;
    for (const x of FAR) {
      for (const y of FAR) this.tryCorners(this.moved(from, 2, x, y));
      yield;
    }
  }

  /** Move each corner in turn by less and less. */
  *fitCorners() {
    for (const step of [1, 0.5, 0.25]) {
      for (let round = 0, before = -Infinity; round < ROUNDS && this.score > before; round++) {
        before = this.score;
        for (const corner of [2, 1, 3, 0]) {
          const from = this.corners;
          for (const { x, y } of WAYS) this.tryCorners(this.moved(from, corner, x * step, y * step));
        }
        yield;
      }
    }
  }

  /** Move the knots of a net over the symbol by less and less: three by three, then five by five. */
  *bend() {
    for (const knots of [3, 5]) {
      this.bends = resized(this.bends, this.knots, knots);
      this.knots = knots;
      this.spread = weightsOf(knots, this.side);
      this.score = this.scoreOf(this.corners, this.bends);
      for (const step of [0.8, 0.4, 0.2]) {
        for (let round = 0, before = -Infinity; round < ROUNDS && this.score > before; round++) {
          before = this.score;
          for (let knot = 0; knot < knots * knots; knot++) this.moveKnot(knot, step * this.module);
          yield;
        }
      }
    }
  }

  /** How well the modules fit what is known of every symbol of this size. */
  likeness() {
    this.scoreOf(this.corners, this.bends);
    let [sum, count] = [0, 0];
    this.known.forEach((value, at) => {
      sum += value * this.values[at];
      count += Math.abs(value);
    });
    return sum / count;
  }

  /** The modules that were seen last, flat and clean. @returns {Grey} */
  drawn() {
    const width = (this.side + 2 * QUIET) * DRAWN;
    const data = new Uint8ClampedArray(width * width).fill(255);
    for (let y = 0; y < this.side * DRAWN; y++) {
      for (let x = 0; x < this.side * DRAWN; x++) {
        const value = this.values[Math.floor(y / DRAWN) * this.side + Math.floor(x / DRAWN)];
        if (value < 0) data[(y + QUIET * DRAWN) * width + x + QUIET * DRAWN] = 0;
      }
    }
    return { data, width, height: width };
  }

  /** @param {Point[]} corners @param {number} which @param {number} x @param {number} y in modules */
  moved(corners, which, x, y) {
    return corners.with(which, { x: corners[which].x + x * this.module, y: corners[which].y + y * this.module });
  }

  /** @param {Point[]} corners */
  tryCorners(corners) {
    const score = this.scoreOf(corners, this.bends);
    if (score > this.score) [this.corners, this.score] = [corners, score];
  }

  /** @param {number} knot @param {number} way */
  moveKnot(knot, way) {
    for (const { x, y } of STRAIGHT) {
      const bends = this.bends.slice();
      bends[2 * knot] += x * way;
      bends[2 * knot + 1] += y * way;
      const score = this.scoreOf(this.corners, bends);
      if (score > this.score) [this.bends, this.score] = [bends, score];
    }
  }

  /** Look at every module, and say how much stands out there, and agrees with what is known. */
  /** @param {Point[]} corners @param {Float32Array} bends */
  scoreOf(corners, bends) {
    const { side, known, knots, spread } = this;
    const { data, width, height } = this.picture;
    const [a, b, c, d, e, f, g, h] = squareTo(corners);
    const [lastX, lastY] = [width - 1.001, height - 1.001];
    const line = new Float32Array(2 * knots);
    let [score, weight] = [0, 0];
    for (let row = 0, at = 0; row < side; row++) {
      const v = (row + 0.5) / side;
      line.fill(0);
      for (let knot = 0; knot < knots; knot++) {
        const share = spread[row * knots + knot];
        for (let to = 0; to < line.length; to++) line[to] += share * bends[2 * knots * knot + to];
      }
      for (let column = 0; column < side; column++, at++) {
        const u = (column + 0.5) / side;
        const depth = g * u + h * v + 1;
        let x = (a * u + b * v + c) / depth;
        let y = (d * u + e * v + f) / depth;
        for (let knot = 0; knot < knots; knot++) {
          const share = spread[column * knots + knot];
          x += share * line[2 * knot];
          y += share * line[2 * knot + 1];
        }
        x = x < 0 ? 0 : x > lastX ? lastX : x;
        y = y < 0 ? 0 : y > lastY ? lastY : y;
        const from = (y | 0) * width + (x | 0);
        const right = x - (x | 0);
        const upper = data[from] + right * (data[from + 1] - data[from]);
        const lower = data[from + width] + right * (data[from + width + 1] - data[from + width]);
        const value = upper + (y - (y | 0)) * (lower - upper);
        this.values[at] = value;
        score += known[at] ? WEIGHT_OF_KNOWN * known[at] * value : Math.abs(value);
        weight += known[at] ? WEIGHT_OF_KNOWN : 1;
      }
    }
    return score / weight;
  }
}

/** The homography from the unit square (Heckbert 1989). @param {Point[]} corners @returns {Place} */
function squareTo([one, two, three, four]) {
  const [sumX, sumY] = [one.x - two.x + three.x - four.x, one.y - two.y + three.y - four.y];
  const [rightX, rightY, downX, downY] = [two.x - three.x, two.y - three.y, four.x - three.x, four.y - three.y];
  const area = rightX * downY - downX * rightY;
  const g = (sumX * downY - downX * sumY) / area;
  const h = (rightX * sumY - sumX * rightY) / area;
  return [
    two.x - one.x + g * two.x,
    four.x - one.x + h * four.x,
    one.x,
    two.y - one.y + g * two.y,
    four.y - one.y + h * four.y,
    one.y,
    g,
    h,
    1,
  ];
}

/** Which share each knot has in each module's place: a smooth line through all of them. @param {number} knots @param {number} side */
function weightsOf(knots, side) {
  const weights = new Float32Array(side * knots);
  for (let module = 0; module < side; module++) {
    const at = ((module + 0.5) * knots) / side - 0.5;
    for (let near = Math.floor(at) - 1; near <= Math.floor(at) + 2; near++) {
      weights[module * knots + Math.min(Math.max(near, 0), knots - 1)] += cubic(Math.abs(at - near));
    }
  }
  return weights;
}

/** Keys' kernel, as OpenCV enlarges. @param {number} away */
function cubic(away) {
  const a = -0.75;
  if (away <= 1) return ((a + 2) * away - (a + 3)) * away * away + 1;
  return away < 2 ? ((a * away - 5 * a) * away + 8 * a) * away - 4 * a : 0;
}

/** @param {Float32Array} bends @param {number} knots @param {number} more */
function resized(bends, knots, more) {
  const weights = weightsOf(knots, more);
  const made = new Float32Array(2 * more * more);
  for (let to = 0; to < made.length; to++) {
    const [row, column] = [Math.floor(to / 2 / more), Math.floor(to / 2) % more];
    for (let from = 0; from < bends.length; from++) {
      const [up, over] = [Math.floor(from / 2 / knots), Math.floor(from / 2) % knots];
      if ((from ^ to) % 2 === 0) made[to] += weights[row * knots + up] * weights[column * knots + over] * bends[from];
    }
  }
  return made;
}

/** 1 for modules that are light in every symbol of a size, -1 for dark ones, 0 for all others (ISO/IEC 18004 §6.3). */
/** @param {number} side */
function knownModules(side) {
  const known = new Int8Array(side * side);
  const put = (/** @type {number} */ row, /** @type {number} */ column, /** @type {boolean} */ isDark) => {
    if (Math.min(row, column) >= 0 && Math.max(row, column) < side) known[row * side + column] = isDark ? -1 : 1;
  };
  for (let at = 8; at < side - 8; at++) {
    put(6, at, at % 2 === 0);
    put(at, 6, at % 2 === 0);
  }
  const rings = (/** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ reach) => {
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const ring = Math.max(Math.abs(x), Math.abs(y));
        put(row + y, column + x, reach === 4 ? ring < 2 || ring === 3 : ring !== 1);
      }
    }
  };
  for (const [row, column] of alignmentMiddles(side)) rings(row, column, 2);
  for (const [row, column] of [
    [3, 3],
    [3, side - 4],
    [side - 4, 3],
  ])
    rings(row, column, 4);
  return known;
}

/** Rows and columns of the alignment patterns' middles (annex E), for versions up to 10. @param {number} side */
function alignmentMiddles(side) {
  const places = side < 25 ? [] : side < 45 ? [6, side - 7] : [6, Math.floor(side / 2), side - 7];
  const all = places.flatMap((row) => places.map((column) => [row, column]));
  return all.filter(
    ([row, column]) => ![row, column].includes(6) || (row + column !== 12 && row + column !== side - 1),
  );
}
