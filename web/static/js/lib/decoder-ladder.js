/**
 * Climb the rungs with one decoder: each frame is glanced at, and gets as many further attempts as are expected to end
 * in time. What does not fit waits for the next frames, so that none is long.
 */

import { Sightings, isWeak } from "./decoder-belief.js";
import { BASE_SIDE, GLANCE, barsOf, portions, rungsFor } from "./decoder-rungs.js";
import { after, atMost, enlarged, evened, greyOf, pictureOf, sharpened, softened } from "./decoder-steps.js";

/** @typedef {import("./decoder-steps.js").Grey} Grey */
/** @typedef {import("./decoder-steps.js").View} View */
/** @typedef {import("./decoder-belief.js").Sighted} Sighted */
/** @typedef {import("./decoder-rungs.js").Rung} Rung */
/** @typedef {(picture: ImageData, wanted: string[], options: object) => Promise<Sighted[]>} Read */
/** @typedef {{name: string, run: () => Promise<Sighted[]>}} Attempt returns what is believed */

// A frame begins a further attempt only where that is expected to end within this.
const FRAME_MS = 75;
// What an attempt is expected to take that was not made yet.
const UNKNOWN_MS = 30;
const CLOSER_SIDE = 900;
const ONE_KIND = { tryInvert: false, tryDownscale: false };

export class Ladder {
  /** @param {Read} read @param {() => number} clock */
  constructor(read, clock = () => performance.now()) {
    this.read = read;
    this.clock = clock;
    this.sightings = new Sightings();
    this.turn = 0;
    this.owing = false;
    /** @type {Attempt[]} what earlier frames began, and had no time for */
    this.waiting = [];
    /** @type {Map<string, number>} */
    this.costs = new Map();
  }

  /**
   * Read one frame of a camera: at a glance, and by as many attempts as fit.
   * @param {ImageData} picture @param {string[]} wanted
   */
  async frame(picture, wanted) {
    const began = this.clock();
    this.sightings.next();
    const look = new Look(picture, wanted, this.read, this.sightings, this.waiting);
    const rungs = rungsFor(picture);
    let found = this.owing ? [] : await look.take(GLANCE);
    let taken = 0;
    for (let begun = 0; !found.length; taken++) {
      const next = this.waiting[0] ?? look.attempt(rungs[this.turn % rungs.length]);
      const ends = this.clock() - began + (this.costs.get(next.name) ?? UNKNOWN_MS);
      if (ends > FRAME_MS && !(this.owing && !taken)) break;
      if (this.waiting.length) this.waiting.shift();
      else if (begun++ < rungs.length) this.turn += 1;
      else break;
      const started = this.clock();
      found = await next.run();
      this.costs.set(next.name, this.clock() - started);
    }
    // Where the glance alone fills a frame, the next one has none.
    this.owing = !taken;
    if (found.length) this.waiting.length = 0;
    return found;
  }

  /**
   * Read a picture that stays: every rung, and a breath after each attempt.
   * @param {ImageData} picture @param {string[]} wanted
   */
  async still(picture, wanted) {
    /** @type {Attempt[]} */
    const waiting = [];
    const look = new Look(picture, wanted, this.read, new Sightings(), waiting);
    const whole = { name: "as it is, any way round", step: (/** @type {Grey} */ grey) => atMost(grey, 2400), options: {}, whole: true };
    for (const rung of [GLANCE, whole, ...new Set(rungsFor(picture))]) {
      waiting.push(look.attempt(rung));
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const found = await next.run();
        if (found.length) return found;
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    return [];
  }
}

/** One picture, and what is tried with it. */
class Look {
  /** @param {ImageData} picture @param {string[]} wanted @param {Read} read @param {Sightings} sightings @param {Attempt[]} waiting */
  constructor(picture, wanted, read, sightings, waiting) {
    this.picture = picture;
    this.wanted = wanted;
    this.read = read;
    this.sightings = sightings;
    this.waiting = waiting;
    /** @type {Grey | null} */
    this.grey = null;
    /** @type {View | null} */
    this.smaller = null;
  }

  /** @param {Rung} rung @returns {Attempt} its first call; further ones wait */
  attempt(rung) {
    return { name: rung.name, run: () => this.take(rung) };
  }

  /** @param {Rung} rung @returns {Promise<Sighted[]>} */
  async take({ name, step, options, whole, linear }) {
    const view = whole ? step(this.whole()) : from(this.base(), step);
    const picture = pictureOf(view.grey);
    const [first, ...others] = portions(linear ? barsOf(this.wanted) : this.wanted, picture, options);
    if (!first) return [];
    const call = async (/** @type {string[]} */ kinds) =>
      this.judge(name, (await this.read(picture, kinds, options)).map((symbol) => placed(symbol, view)));
    this.waiting.unshift(...others.map((kinds, number) => ({ name: `${name}, part ${number + 2}`, run: () => call(kinds) })));
    return call(first);
  }

  whole() {
    return (this.grey ??= greyOf(this.picture));
  }

  base() {
    return (this.smaller ??= atMost(this.whole(), BASE_SIDE));
  }

  /** Return what is believed; what is doubtful is looked at closer next. @param {string} attempt @param {Sighted[]} seen */
  judge(attempt, seen) {
    const believed = this.sightings.add(attempt, seen);
    const doubtful = believed.length ? [] : seen.filter((symbol) => isWeak(symbol) && this.sightings.isDue(symbol));
    this.waiting.unshift(...doubtful.flatMap((symbol) => this.closer(symbol)));
    return believed;
  }

  /** @param {Sighted} doubtful @returns {Attempt[]} */
  closer({ corners, symbology }) {
    const kinds = symbology === "UPCA" ? ["EAN13", "UPCA"] : [symbology];
    /** @type {Grey | null | undefined} */
    let cut;
    return CLOSER.map(({ name, alter }) => ({
      name,
      run: async () => {
        cut = cut === undefined ? cutOut(this.whole(), corners) : cut;
        if (!cut) return [];
        const seen = await this.read(pictureOf(alter(cut)), kinds, ONE_KIND);
        return this.sightings.add(name, seen.map((symbol) => ({ ...symbol, corners })));
      },
    }));
  }
}

/** From the plainest to the most altered. @type {{name: string, alter: (cut: Grey) => Grey}[]} */
const CLOSER = [
  { name: "closer", alter: (cut) => cut },
  { name: "closer, sharpened", alter: (cut) => sharpened(cut, CLOSER_SIDE, 2, 1.5).grey },
  { name: "closer, softened", alter: (cut) => softened(cut, CLOSER_SIDE, 1.5).grey },
  { name: "closer, evened", alter: (cut) => evened(cut, CLOSER_SIDE, 4).grey },
];

/** Cut a place out and enlarge it. @param {Grey} grey @param {import("./decoder-belief.js").Point[]} corners @returns {Grey | null} */
function cutOut(grey, corners) {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const margin = Math.round(0.25 * Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys))) + 8;
  const [left, top] = [Math.max(0, Math.round(Math.min(...xs)) - margin), Math.max(0, Math.round(Math.min(...ys)) - margin)];
  const across = Math.min(grey.width, Math.round(Math.max(...xs)) + margin) - left;
  const down = Math.min(grey.height, Math.round(Math.max(...ys)) + margin) - top;
  if (across < 8 || down < 8) return null;
  return enlarged(grey, left, top, across, down, Math.min(3, CLOSER_SIDE / Math.max(across, down))).grey;
}

/** @param {View} base @param {(grey: Grey) => View} step @returns {View} */
function from(base, step) {
  const { grey, back } = step(base.grey);
  return { grey, back: after(back, base.back) };
}

/** Tell a symbol's place in the picture that was given. @param {Sighted} symbol @param {View} view @returns {Sighted} */
function placed({ text, symbology, corners }, { back: [a, b, c, d, e, f] }) {
  return { text, symbology, corners: corners.map(({ x, y }) => ({ x: a * x + b * y + c, y: d * x + e * y + f })) };
}
