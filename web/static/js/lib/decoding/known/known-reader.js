/**
 * Reads the delivery code's own symbol, of which nearly everything is known beforehand, as
 * `scanner/decoding/known/known_reader.py` does: docs/decoding.md. Where no single frame shows enough, frames of a
 * moving phone are added up on the symbol's own grid.
 */

import { atMost, negative } from "../steps.js";
import { finders, placesOf } from "./finders.js";
import { refined } from "./grid-refinement.js";
import { FUNCTION, KNOWN_MODULES, SIDE, likeliestMasks } from "./known-symbol.js";
import { pointAt, product } from "./matrices.js";
import { decode } from "./soft-decoding.js";
import { softGrids } from "./soft-sampling.js";

/** @typedef {import("../steps.js").Grey} Grey */
/** @typedef {import("../belief.js").Sighted} Sighted */
/** @typedef {import("./matrices.js").Place} Place */
/** @typedef {{sureness: number, soft: Float32Array}} Weighed */

// By turns: the smaller copy is searched sooner, and shows no symbol whose modules are of two pixels. Light modules on
// dark are those of screens in their dark mode.
export const SEARCHES = [
  { side: 640, isLight: false },
  { side: 960, isLight: false },
  { side: 960, isLight: true },
];
const AGREES = 0.38;
const ROUGH = 1;
const FINE = 0.5;
const WELL_LAID = 0.6;
const TRIED = 2;
const JOINED_FROM = 0.4;
const DECODED_FROM = 0.8;
const KEPT = 0.85;
const FOLLOWED = 3;
const STRONGEST = 4;

export class KnownReader {
  /** @param {number} turn which search is the first */
  constructor(turn = 0) {
    this.turn = turn;
    this.search = SEARCHES[turn];
    /** @type {Place | null} where a symbol is that is not read yet */
    this.place = null;
    this.unseen = 0;
    this.sum = new Float32Array(SIDE * SIDE);
    this.joined = 0;
  }

  /** Begin anew with the next frame. */
  forget() {
    this.place = null;
    this.sum.fill(0);
    this.joined = 0;
  }

  /** Say whether the last frames showed a symbol of ours that is not read yet. */
  get follows() {
    return this.place !== null && this.unseen < FOLLOWED;
  }

  /** @param {Grey} grey @returns {Sighted[]} the delivery code, or nothing that is sure */
  read(grey) {
    const steps = this.steps(grey);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /**
   * Read in steps of some milliseconds each, so that whoever has no time left goes on later.
   * @param {Grey} picture @returns {Generator<void, Sighted[]>} the delivery code, or nothing that is sure
   */
  *steps(picture) {
    if (!this.follows) this.search = SEARCHES[this.turn++ % SEARCHES.length];
    const grey = this.search.isLight ? negative(picture, Infinity).grey : picture;
    this.unseen += 1;
    /** @type {Float32Array | null} */
    let seen = null;
    for (const near of this.candidates(grey)) {
      yield;
      if (!near) continue;
      const laid = laidOn(grey, near);
      if (laid.agreement < AGREES) continue;
      yield;
      const { grids, place } = weighedGrids(grey, laid.place);
      for (const { sureness, soft } of grids) {
        yield;
        const text = sureness >= DECODED_FROM ? decode(soft) : null;
        if (text) return this.told(text, place);
      }
      if (!seen && grids[0].sureness >= JOINED_FROM) {
        seen = grids[0].soft;
        this.place = place;
        this.unseen = 0;
      }
    }
    return seen ? this.join(seen) : [];
  }

  /** @param {Grey} grey @returns {Generator<Place | null, void>} nothing after each step of the search */
  *candidates(grey) {
    if (this.place && this.unseen <= FOLLOWED) {
      yield this.place;
      // The grid that was followed is there still.
      if (!this.unseen) return;
    }
    const { grey: small, back } = atMost(grey, this.search.side);
    const [a, , , , e] = back;
    const found = yield* finders(small);
    for (const place of placesOf(small, found)) {
      yield product([a, 0, (a - 1) / 2, 0, e, (e - 1) / 2, 0, 0, 1], place);
    }
  }

  /** @param {Float32Array} seen @returns {Sighted[]} */
  join(seen) {
    for (let at = 0; at < seen.length; at++) {
      this.sum[at] = this.sum[at] * KEPT + Math.min(Math.max(seen[at], -STRONGEST), STRONGEST);
    }
    this.joined += 1;
    if (this.joined < 2 || !this.place || logOdds(this.sum).sureness < DECODED_FROM) return [];
    const text = decode(this.sum);
    return text ? this.told(text, this.place) : [];
  }

  /** @param {string} text @param {Place} place @returns {Sighted[]} */
  told(text, place) {
    this.forget();
    const corners = [
      pointAt(place, 0, 0),
      pointAt(place, SIDE, 0),
      pointAt(place, SIDE, SIDE),
      pointAt(place, 0, SIDE),
    ];
    return [{ text, symbology: "QRCode", corners }];
  }
}

/** @param {Grey} grey @param {Place} near */
function laidOn(grey, near) {
  const laid = refined(grey, near, FINE);
  return laid.agreement >= WELL_LAID ? laid : refined(grey, refined(grey, near, ROUGH).place, FINE);
}

/** The soft grids as logarithms of odds, the surest first, and the place as its mask refines it. */
/** @param {Grey} grey @param {Place} near */
function weighedGrids(grey, near) {
  const [mask] = likeliestMasks(softGrids(grey, near)[0]);
  const { place } = refined(grey, near, FINE, mask);
  const grids = softGrids(grey, place).map(logOdds);
  return { grids: grids.sort((one, other) => other.sureness - one.sureness).slice(0, TRIED), place };
}

/** How sure a grid is, by the known modules that nothing was learnt from, and it as logarithms of odds. */
/** @param {Float32Array} soft @returns {Weighed} */
function logOdds(soft) {
  const known = KNOWN_MODULES[likeliestMasks(soft)[0]];
  let [count, sum, squares] = [0, 0, 0];
  for (let at = 0; at < soft.length; at++) {
    if (FUNCTION[at] || !known[at]) continue;
    const value = soft[at] * known[at];
    count += 1;
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  const variance = Math.max(0, squares / count - mean ** 2) + 1e-9;
  const scale = Math.max(0, (2 * mean) / variance);
  return { sureness: mean / Math.sqrt(variance), soft: soft.map((value) => value * scale) };
}
