/** Make, sign and send one presentation; the same one again for as long as the answer is unknown. */

import { ask } from "./api.js";
import { hex, self, sign } from "./device.js";
import { all, put, remove } from "./store.js";
import { uuid7 } from "./uuid.js";

const RELEASES = "doorcode-presentation-1";
const ASKS = "doorcode-collection-1";

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
  const presentation = await signed({
    presentation_id: uuid7(),
    parcels,
    payload,
    digits,
    presented_at: new Date().toISOString(),
    offline: handed,
    salt: hex(crypto.getRandomValues(new Uint8Array(16))),
    handed,
  });
  await put("pending", presentation.presentation_id, presentation);
  return presentation;
}

/**
 * Write down that the parcel changed hands while this presentation had no answer. From now on it says so, signed anew:
 * if the service has not heard of it yet, it counts at the time it was presented, whenever it arrives.
 * @param {Kept} kept
 */
export async function markHanded(kept) {
  Object.assign(kept, await signed({ ...kept, offline: true, handed: true }));
  await put("pending", kept.presentation_id, kept);
}

/**
 * Ask what waits here for a code. Nothing is released, so nothing is kept.
 * @param {{parcels: InHand[], payload?: string|null, digits?: string|null, name?: string|null}} asked
 * @returns {Promise<import("./api.js").Reply>}
 */
export async function askWhatWaits({ parcels, payload = null, digits = null, name = null }) {
  const question = {
    presentation_id: uuid7(),
    parcels,
    payload,
    digits,
    presented_at: new Date().toISOString(),
    offline: false,
    salt: hex(crypto.getRandomValues(new Uint8Array(16))),
  };
  const { handed, ...json } = await signed(question, { form: ASKS, name });
  return ask("/api/v1/collections", { method: "POST", json: { ...json, name } });
}

/**
 * @param {Omit<Kept, "signature">} body
 * @param {{form?: string, name?: string|null}} [asked]
 * @returns {Promise<Kept>}
 */
async function signed(body, { form = RELEASES, name = null } = {}) {
  const device = await self();
  if (!device) throw new Error("This device has no key");
  const lines = [form, ...signedLines(body, device.id, await saltedDigest(body.salt, body.payload ?? body.digits ?? ""))];
  if (name) lines.push(`name ${await saltedDigest(body.salt, name)}`);
  return { ...body, signature: await sign(device.key, lines.join("\n")) };
}

/** @param {string} salt @param {string} text */
async function saltedDigest(salt, text) {
  const before = Uint8Array.from(salt.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const salted = new Uint8Array([...before, ...new TextEncoder().encode(text)]);
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", salted)));
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
function signedLines(body, deviceId, digest) {
  return [
    body.presentation_id,
    deviceId,
    body.presented_at,
    body.offline ? "offline" : "online",
    body.payload === null ? "digits" : "payload",
    digest,
    ...body.parcels.map(({ reference, by }) => `parcel ${reference} ${by}`),
  ];
}
