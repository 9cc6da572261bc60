/**
 * Climb the rungs with one decoder: each frame is glanced at, and until enough is found gets as many further attempts as
 * are expected to end in time. What does not fit waits for the next frames, so that none is long.
 */

import { BAND, SLANTED, Sightings, isWeak } from "./belief.js";
import { isWhole, slantDegrees } from "./closer/bars.js";
import { CLOSER, IN_BANDS, bandsOf, cutOut, straightened } from "./closer/cut-outs.js";
import { drawnAnew } from "./closer/grid.js";
import { areEnough } from "./enough.js";
import { KnownReader, SEARCHES } from "./known/known-reader.js";
import { addWhereNoneIs, areAtOnePlace, areRowsApart } from "./places.js";
import { BASE_SIDE, GLANCE, portions, rungsFor, rungsForStill } from "./rungs.js";
import { after, atMost, pictureOf, turned } from "./steps.js";

/** @typedef {import("./steps.js").Grey} Grey */
/** @typedef {import("./steps.js").View} View */
/** @typedef {import("./belief.js").Sighted} Sighted */
/** @typedef {import("./rungs.js").Rung} Rung */
/** @typedef {(picture: ImageData, wanted: string[], options: object) => Promise<Sighted[]>} Read */
/** @typedef {{name: string, run: () => Promise<Sighted[]>}} Attempt returns what is believed */

// A frame begins a further attempt only where that is expected to end within this.
const FRAME_MS = 75;
// What an attempt is expected to take that was not made yet.
const UNKNOWN_MS = 30;
// Our own symbol is looked for in every third frame, and in each once it was seen; no further step after so long.
const KNOWN_EVERY = 3;
const KNOWN_MS = 50;
// What is still missing in a photograph, once something is found in it, is looked for until then.
const STILL_MS = 4000;
// What is surely there and was not read is looked at closer once in so many rungs.
const CLOSER_EVERY = 5;
const ONE_KIND = { tryInvert: false, tryDownscale: false };
const ONE_BAND = { ...ONE_KIND, tryRotate: false };
const STRAIGHTENED_SIDE = 1100;
const STRAIGHT_BARS = { tryInvert: false, tryDownscale: false };
/** The one decoder, by which attempts are named. */
const DECODER = "zxing";
const EAN_FAMILY = ["EAN13", "UPCA"];

export class Ladder {
  /** @param {Read} read @param {() => number} clock */
  constructor(read, clock = () => performance.now()) {
    this.read = read;
    this.clock = clock;
    this.sightings = new Sightings();
    this.known = new KnownReader();
    /** @type {ReturnType<KnownReader["steps"]> | null} what an earlier frame had no time for */
    this.search = null;
    this.turn = 0;
    this.closerFrom = 0;
    this.owing = false;
    /** @type {Attempt[]} what earlier frames began, and had no time for */
    this.waiting = [];
    /** @type {Map<string, number>} */
    this.costs = new Map();
  }

  /**
   * Read one frame of a camera: at a glance, and by as many attempts as fit until enough is found.
   * @param {Grey} picture @param {string[]} wanted @param {import("./enough.js").Enough} enough
   */
  async frame(picture, wanted, enough) {
    const began = this.clock();
    this.sightings.next();
    const returnErrors = this.turn >= this.closerFrom && !this.waiting.length;
    const look = new Look(picture, wanted, this.read, this.sightings, this.waiting, { returnErrors });
    const rungs = rungsFor(picture);
    /** @type {Sighted[]} */
    const found = [];
    const isDone = () => areEnough(found, enough);
    const take = (/** @type {Sighted[]} */ seen) => seen.forEach((symbol) => addWhereNoneIs(found, symbol));
    if (!this.owing) take(await look.take(GLANCE));
    let taken = 0;
    if (!areEnough(found, "delivery_code") && !isDone() && this.isKnownDue(wanted)) {
      this.search ??= this.known.steps(picture);
      take(this.searched(() => this.clock() - began > KNOWN_MS));
      taken = 1;
    }
    for (let begun = 0; !isDone(); taken++) {
      const next = this.waiting[0] ?? look.attempt(rungs[this.turn % rungs.length]);
      const ends = this.clock() - began + (this.costs.get(next.name) ?? UNKNOWN_MS);
      if (ends > FRAME_MS && !(this.owing && !taken)) break;
      if (this.waiting.length) this.waiting.shift();
      else if (begun++ < rungs.length) this.turn += 1;
      else break;
      const started = this.clock();
      take(await next.run());
      this.costs.set(next.name, this.clock() - started);
    }
    if (look.unread.length) this.closerFrom = this.turn + CLOSER_EVERY;
    // Where the glance alone fills a frame, the next one has none.
    this.owing = !taken && !isDone();
    if (isDone()) {
      this.waiting.length = 0;
      this.search = null;
    }
    return found;
  }

  /** @param {string[]} wanted */
  isKnownDue(wanted) {
    if (!wanted.includes("QRCode")) return false;
    return this.search !== null || this.known.follows || this.sightings.frame % KNOWN_EVERY === 1;
  }

  /** Go on looking for our own symbol; the rest waits for the next frame. @param {() => boolean} isLate @returns {Sighted[]} */
  searched(isLate) {
    do {
      const step = this.search?.next();
      if (!step || step.done) {
        this.search = null;
        return step?.value ?? [];
      }
    } while (!isLate());
    return [];
  }

  /**
   * Read everything in a picture that stays, with a breath after each attempt: until each symbol that is surely there
   * is told, or where none is, through every rung.
   * @param {Grey} picture @param {string[]} wanted
   */
  async still(picture, wanted) {
    const began = this.clock();
    /** @type {Attempt[]} */
    const waiting = [];
    const look = new Look(picture, wanted, this.read, new Sightings(), waiting, { returnErrors: true });
    /** @type {Sighted[]} */
    const found = [];
    const known = SEARCHES.map((_, turn) => ({
      name: "known",
      run: async () => (wanted.includes("QRCode") ? new KnownReader(turn).read(picture) : []),
    }));
    const [first, others] = rungsForStill(picture);
    const attempts = [
      ...first.map((rung) => look.attempt(rung)),
      ...known,
      ...others.map((rung) => look.attempt(rung)),
    ];
    for (const [place, attempt] of attempts.entries()) {
      if (attempt.name === "known" && areEnough(found, "delivery_code")) continue;
      waiting.push(attempt);
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        for (const symbol of await next.run()) addWhereNoneIs(found, symbol);
        await new Promise((resolve) => setTimeout(resolve));
        if (found.length && this.clock() - began > STILL_MS) return found;
      }
      if (place >= first.length - 1 && found.length && look.isAllTold(found)) break;
    }
    return found;
  }
}

/** One picture, and what is tried with it. */
class Look {
  /** @param {Grey} picture @param {string[]} wanted @param {Read} read @param {Sightings} sightings @param {Attempt[]} waiting @param {object} also options of every reading */
  constructor(picture, wanted, read, sightings, waiting, also) {
    this.picture = picture;
    this.wanted = wanted;
    /** @type {Read} */
    this.read = (pixels, kinds, options) => read(pixels, kinds, { ...options, ...also });
    this.sightings = sightings;
    this.waiting = waiting;
    /** @type {View | null} */
    this.smaller = null;
    this.isStraightened = false;
    /** @type {Sighted[]} what is surely there and was not read */
    this.unread = [];
  }

  /** @param {Rung} rung @returns {Attempt} its first call; further ones wait */
  attempt(rung) {
    return { name: rung.name, run: () => this.take(rung) };
  }

  /** @param {Rung} rung @returns {Promise<Sighted[]>} */
  async take({ name, step, options, whole, kinds = (wanted) => wanted }) {
    const view = whole ? step(this.picture) : from(this.base(), step);
    const picture = pictureOf(view.grey);
    const [first, ...others] = portions(kinds(this.wanted), picture, options);
    if (!first) return [];
    const call = async (/** @type {string[]} */ portion) => {
      const seen = await this.read(picture, portion, options);
      const squarely = seen.filter((symbol) => symbol.isUnread || isWhole(view.grey, symbol));
      const parts = seen.filter((symbol) => !squarely.includes(symbol));
      if (parts.length) this.straighten(parts[0], view);
      this.sightings.add(
        `${SLANTED}${name}/${DECODER}`,
        parts.map((symbol) => placed(symbol, view)),
      );
      return this.judge(
        name,
        squarely.map((symbol) => placed(symbol, view)),
      );
    };
    this.waiting.unshift(
      ...others.map((portion, number) => ({ name: `${name}, part ${number + 2}`, run: () => call(portion) })),
    );
    return call(first);
  }

  /** Read slanted bars again, once in a frame, in the picture turned until they stand or lie. @param {Sighted} part @param {View} view */
  straighten({ corners, symbology }, { grey, back: [a, b, , d, e] }) {
    if (this.isStraightened) return;
    this.isStraightened = true;
    const slant = (slantDegrees(grey, corners) * Math.PI) / 180;
    const [across, down] = [Math.cos(slant), Math.sin(slant)];
    const degrees = (Math.atan2(d * across + e * down, a * across + b * down) * 180) / Math.PI;
    const step = turned((degrees + 360) % 90, STRAIGHTENED_SIDE);
    this.waiting.unshift(
      this.attempt({ name: "straightened", step, options: STRAIGHT_BARS, kinds: () => [symbology] }),
    );
  }

  base() {
    return (this.smaller ??= atMost(this.picture, BASE_SIDE));
  }

  /** Say whether nothing that is surely there is left. @param {Sighted[]} found */
  isAllTold(found) {
    return this.unread.every((each) => found.some((symbol) => areAtOnePlace(each, symbol)));
  }

  /** Return what is believed; what is doubtful or was not read is looked at closer next. @param {string} attempt @param {Sighted[]} seen */
  judge(attempt, seen) {
    const read = seen.filter(({ isUnread }) => !isUnread);
    // Rows that lie apart are bands of their own; kinds that can be cut short need those that are laid straight.
    const apart = read.filter((symbol) => EAN_FAMILY.includes(symbol.symbology) && areRowsApart(symbol));
    for (const end of ["first", "last"]) this.sightings.add(`${BAND} ${end}/${DECODER}`, apart);
    const believed = this.sightings.add(`${attempt}/${DECODER}`, read);
    const doubtful = read.filter(
      (symbol) => isWeak(symbol) && !this.sightings.believes(symbol) && this.sightings.isDue(symbol),
    );
    const known = [...this.unread, ...read];
    const unread = seen.filter((symbol) => symbol.isUnread && !known.some((each) => areAtOnePlace(each, symbol)));
    this.unread.push(...unread);
    this.waiting.unshift(
      ...doubtful.flatMap((symbol) => this.closerAtBars(symbol)),
      ...unread.flatMap((symbol) => this.closer(symbol)),
    );
    return believed;
  }

  /** Read doubtful bars again, in bands of rows that are witnesses of their own. @param {Sighted} doubtful @returns {Attempt[]} */
  closerAtBars({ corners, symbology }) {
    const kinds = EAN_FAMILY.includes(symbology) ? EAN_FAMILY : [symbology];
    return IN_BANDS.map(({ name, times, alter }) => ({
      name,
      run: async () => {
        const straight = straightened(this.picture, corners, times);
        for (const { number, band } of straight ? bandsOf(alter(straight)) : []) {
          const seen = await this.read(pictureOf(band), kinds, ONE_BAND);
          const believed = [];
          for (const symbol of seen.filter(({ isUnread }) => !isUnread)) {
            const slant = isWhole(band, symbol) ? "" : SLANTED;
            believed.push(...this.sightings.add(`${slant}${BAND}${number}/${DECODER}`, [{ ...symbol, corners }]));
          }
          if (believed.length) return believed;
        }
        return [];
      },
    }));
  }

  /** @param {Sighted} unread @returns {Attempt[]} */
  closer(unread) {
    return [...this.cutOuts(unread), ...(unread.version ? [this.onGrid(unread, unread.version)] : [])];
  }

  /** Find its modules one by one, some at a time; what an attempt leaves undone is the next one. @param {Sighted} unread @param {number} version @returns {Attempt} */
  onGrid({ corners, symbology }, version) {
    const steps = drawnAnew(this.picture, corners, 17 + 4 * version);
    const attempt = {
      name: "grid",
      run: async () => {
        const { done, value } = steps.next();
        if (!done) this.waiting.unshift(attempt);
        const seen = value ? await this.read(pictureOf(value), [symbology], ONE_KIND) : [];
        return seen.filter(({ isUnread }) => !isUnread).map((symbol) => ({ ...symbol, corners }));
      },
    };
    return attempt;
  }

  /** @param {Sighted} unread @returns {Attempt[]} */
  cutOuts({ corners, symbology }) {
    /** @type {Grey | null | undefined} */
    let cut;
    return CLOSER.map(({ name, alter }) => ({
      name,
      run: async () => {
        cut = cut === undefined ? cutOut(this.picture, corners) : cut;
        const seen = cut ? await this.read(pictureOf(alter(cut)), [symbology], ONE_KIND) : [];
        const read = seen.filter(({ isUnread }) => !isUnread).map((symbol) => ({ ...symbol, corners }));
        return this.sightings.add(`${name}/${DECODER}`, read);
      },
    }));
  }
}

/** @param {View} base @param {(grey: Grey) => View} step @returns {View} */
function from(base, step) {
  const { grey, back } = step(base.grey);
  return { grey, back: after(back, base.back) };
}

/** Tell a symbol's place in the picture that was given. @param {Sighted} symbol @param {View} view @returns {Sighted} */
function placed(symbol, { back: [a, b, c, d, e, f] }) {
  const corners = symbol.corners.map(({ x, y }) => ({ x: a * x + b * y + c, y: d * x + e * y + f }));
  return { ...symbol, corners };
}
