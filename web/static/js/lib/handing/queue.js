/** What waits for the network: presentations and visits. Each is sent under its own id, so that it counts once. */

import { ask } from "../service/api.js";
import { isOpen, pending, send, uuid7 } from "./presentation.js";
import { all, put, remove } from "../device/store.js";
import { isUnknown } from "../service/network.js";
import { isNotJudged, isPassing } from "../service/trouble.js";
import { numberOf } from "./tracking-number.js";

const TURN = "doorcode-queue";

/** @typedef {import("./presentation.js").Kept} Kept */
/** @typedef {import("./presentation.js").Verdict} Verdict */

/** So long a visit can be taken back; then it is told. */
export const UNDO_MS = 6000;

/**
 * @typedef {{visit_id: string, reference: string, reason: string, attempted_at: string,
 *   place: import("../device/place.js").Place | null, held_until: number}} Visit
 */

// A clock that was set back must not hold a visit for longer.
/** @param {Visit} visit */
const isHeld = ({ held_until: until }) => until - Date.now() > 0 && until - Date.now() <= UNDO_MS;

/** @returns {Promise<number>} how many things wait for the network */
export async function waiting() {
  const visits = /** @type {Visit[]} */ (await all("visits"));
  return (await all("pending")).length + visits.filter((visit) => !isHeld(visit)).length;
}

/** @typedef {{has: (reference: string) => boolean}} Given parcels handed over here that the service does not know of yet */

/** @returns {Promise<Given>} */
export async function givenUntold() {
  const given = (await pending()).filter(({ handed }) => handed).flatMap(({ parcels }) => parcels);
  const numbers = new Set(given.map(({ reference }) => numberOf(reference)));
  return { has: (reference) => numbers.has(numberOf(reference)) };
}

/**
 * Keep the visits that ended without a handover. They can be taken back for some seconds, and are told then; kept they
 * are at once, whatever becomes of the page.
 * @param {string[]} references
 * @param {string} reason
 * @param {import("../device/place.js").Place | null} place
 * @returns {Promise<Visit[]>}
 */
export async function keepVisits(references, reason, place) {
  const [attempted_at, held_until] = [new Date().toISOString(), Date.now() + UNDO_MS];
  const visits = references.map((reference) => ({
    visit_id: uuid7(),
    reference,
    reason,
    attempted_at,
    place,
    held_until,
  }));
  for (const visit of visits) await put("visits", visit.visit_id, visit);
  return visits;
}

/** @param {Visit[]} visits that were not told yet */
export async function takeBackVisits(visits) {
  for (const { visit_id: id } of visits) await remove("visits", id);
}

/** Tell the held visits now: their page is left, and nobody can take them back any more. */
export async function tellHeldVisits() {
  for (const visit of /** @type {Visit[]} */ (await all("visits"))) {
    if (isHeld(visit)) await tellVisit({ ...visit, held_until: 0 });
  }
}

/** @param {Visit} visit @returns {Promise<boolean>} whether it was told, or the service wants to hear no more of it */
async function tellVisit(visit) {
  const { held_until: until, ...json } = visit;
  if (until) await put("visits", visit.visit_id, { ...visit, held_until: 0 });
  const reply = await ask("/api/v1/visits", { method: "POST", json, keepalive: true });
  const isCounted = reply.kind === "problem" && reply.slug === "too-many-visits";
  if (!isCounted && (isPassing(reply) || isNotJudged(reply))) return false;
  await remove("visits", visit.visit_id);
  return true;
}

/** @returns {Promise<Visit[]>} visits that were not told yet */
export const visitsUntold = () => all("visits");

/**
 * Send what waits, oldest first, until there is silence. Of several open pages only one sends.
 * @param {{busyWith: () => string | null, onVerdict: (kept: Kept, verdict: Verdict) => Promise<void>,
 *   onVisit?: (visit: Visit) => Promise<void>}} listener
 */
export async function flush({ busyWith, onVerdict, onVisit }) {
  const run = async () => {
    for (const kept of await pending()) {
      if (kept.presentation_id === busyWith()) continue;
      const verdict = await send(kept);
      if (isOpen(verdict) || (verdict.waits && isUnknown())) return;
      // What could not be judged is kept, and goes with the next round.
      if (verdict.waits) continue;
      await onVerdict(kept, verdict);
    }
    for (const visit of /** @type {Visit[]} */ (await all("visits"))) {
      if (isHeld(visit)) continue;
      if (!(await tellVisit(visit))) return;
      await onVisit?.(visit);
    }
  };
  if (!navigator.locks) return run();
  await navigator.locks.request(TURN, { ifAvailable: true }, async (lock) => {
    if (lock) await run();
  });
}

/**
 * Keep a late answer to be told when nothing is in hand, unless it is as its driver expects it.
 * @param {Kept} kept
 * @param {Verdict} verdict
 * @returns {Promise<boolean>} whether it is kept
 */
export async function keepLateAnswer({ presentation_id: id, handed, tap, parcels }, verdict) {
  const isAsExpected = verdict.accepted || (tap && verdict.outcome === "code_not_required");
  if (handed && isAsExpected) return false;
  const judged = verdict.parcels ?? parcels.map(({ reference }) => ({ reference, outcome: verdict.outcome }));
  await put("untold", id, { ...verdict, id, parcels: judged });
  return true;
}

/** @returns {Promise<Array<Verdict & {id: string}>>} */
export const lateAnswers = () => all("untold");

/** @param {string} id */
export const forgetLateAnswer = (id) => remove("untold", id);

/**
 * Send what this phone owes under its old name, before it gets another one.
 * @returns {Promise<() => Promise<void>>} to be called once it has that: what came of it concerns nobody here any more.
 *   Where the service knew the old name no longer, the new one sends what is left, and tells all that comes of it.
 */
export async function settleOldDevice() {
  await flush({ busyWith: () => null, onVerdict: async (kept, verdict) => void (await keepLateAnswer(kept, verdict)) });
  const isKept = isUnknown();
  return async () => {
    if (!isKept) for (const { id } of await lateAnswers()) await forgetLateAnswer(id);
  };
}
