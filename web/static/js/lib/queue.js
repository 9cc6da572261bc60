/** What waits for the network: presentations and visits. Each is sent under its own id, so that it counts once. */

import { ask } from "./api.js";
import { pending, send } from "./presentation.js";
import { all, put, remove } from "./store.js";
import { uuid7 } from "./uuid.js";

const TURN = "doorcode-queue";

/** @typedef {import("./presentation.js").Kept} Kept */
/** @typedef {import("./presentation.js").Verdict} Verdict */

/** @returns {Promise<number>} how many things wait */
export async function waiting() {
  return (await all("pending")).length + (await all("visits")).length;
}

/** @returns {Promise<Set<string>>} references handed over here that the service does not know of yet */
export async function givenUntold() {
  return new Set((await pending()).filter(({ handed }) => handed).flatMap(({ parcels }) => parcels.map(({ reference }) => reference)));
}

/**
 * Keep a visit that ended without a handover, to be sent now or later.
 * @param {string} reference
 * @param {string} reason
 * @param {import("./place.js").Place | null} place
 */
export async function keepVisit(reference, reason, place) {
  const visit = { visit_id: uuid7(), reference, reason, attempted_at: new Date().toISOString(), place };
  await put("visits", visit.visit_id, visit);
}

/** @returns {Promise<{reference: string, reason: string}[]>} visits that were not sent yet */
export const visitsUntold = () => all("visits");

/**
 * Send what waits, oldest first, until there is silence. Of several open pages only one sends.
 * @param {{busyWith: () => string | null, onVerdict: (kept: Kept, verdict: Verdict) => Promise<void>}} listener
 */
export async function flush({ busyWith, onVerdict }) {
  const run = async () => {
    for (const kept of await pending()) {
      if (kept.presentation_id === busyWith()) continue;
      const verdict = await send(kept);
      if (verdict.outcome === "unknown") return;
      await onVerdict(kept, verdict);
    }
    for (const visit of await all("visits")) {
      const reply = await ask("/api/v1/visits", { method: "POST", json: visit });
      if (reply.kind === "silence") return;
      await remove("visits", visit.visit_id);
    }
  };
  if (!navigator.locks) return run();
  await navigator.locks.request(TURN, { ifAvailable: true }, async (lock) => {
    if (lock) await run();
  });
}

/** Send what this phone owes under its old name, before it gets another one; what comes of it concerns nobody here any more. */
export async function settleOldDevice() {
  await flush({ busyWith: () => null, onVerdict: async () => undefined });
  for (const { id } of await all("untold")) await remove("untold", id);
}
