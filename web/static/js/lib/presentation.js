/** Make, sign and send one presentation; the same one again for as long as the answer is unknown. */

import { ask } from "./api.js";
import { hex, self, sign } from "./device.js";
import { all, put, remove } from "./store.js";
import { uuid7 } from "./uuid.js";

/**
 * @typedef {{reference: string, by: "label"|"choice"}} InHand
 * @typedef {{presentation_id: string, parcels: InHand[], payload: string|null, digits: string|null,
 *   presented_at: string, offline: boolean, salt: string, signature: string}} Presentation
 * @typedef {Presentation & {handed?: boolean}} Kept `handed`: the parcel changed hands before anybody could be asked
 * @typedef {{outcome: string, [more: string]: any}} Verdict
 */

/**
 * Make a signed presentation and keep it until it is answered.
 * @param {{parcels: InHand[], payload?: string|null, digits?: string|null, handed?: boolean}} presented
 * @returns {Promise<Kept>}
 */
export async function makePresentation({ parcels, payload = null, digits = null, handed = false }) {
  const device = await self();
  if (!device) throw new Error("This device has no key");
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const body = {
    presentation_id: uuid7(),
    parcels,
    payload,
    digits,
    presented_at: new Date().toISOString(),
    offline: handed,
    salt: hex(salt),
  };
  const secret = new TextEncoder().encode(payload ?? digits ?? "");
  const salted = new Uint8Array([...salt, ...secret]);
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", salted)));
  const signature = await sign(device.key, signedText(body, device.id, digest));
  const presentation = { ...body, signature, handed };
  await put("pending", presentation.presentation_id, presentation);
  return presentation;
}

/**
 * Write down that the parcel changed hands while this presentation had no answer.
 * @param {Kept} kept
 */
export async function markHanded(kept) {
  kept.handed = true;
  await put("pending", kept.presentation_id, kept);
}

/**
 * Send it. Only a verdict of the service or a refusal it names ends the waiting.
 * @param {Kept} kept
 * @returns {Promise<Verdict>}
 */
export async function send({ handed, ...presentation }) {
  const reply = await ask("/api/v1/verifications", { method: "POST", json: presentation });
  if (reply.kind === "silence" || (reply.kind === "problem" && isPassing(reply.status))) return { outcome: "unknown" };
  await remove("pending", presentation.presentation_id);
  if (reply.kind === "answer") return reply.value;
  return { outcome: reply.slug === "device-revoked" ? "device_revoked" : "refused", reason: reply.detail };
}

/** @returns {Promise<Kept[]>} those that still wait for an answer, oldest first */
export async function pending() {
  const waiting = /** @type {Kept[]} */ (await all("pending"));
  return waiting.sort((a, b) => a.presented_at.localeCompare(b.presented_at));
}

/** @param {number} status */
const isPassing = (status) => status === 408 || status === 425 || status === 429;

/**
 * @param {Omit<Presentation, "signature">} body
 * @param {string} deviceId
 * @param {string} digest
 */
function signedText(body, deviceId, digest) {
  return [
    "doorcode-presentation-1",
    body.presentation_id,
    deviceId,
    body.presented_at,
    body.offline ? "offline" : "online",
    body.payload === null ? "digits" : "payload",
    digest,
    ...body.parcels.map(({ reference, by }) => `parcel ${reference} ${by}`),
  ].join("\n");
}
