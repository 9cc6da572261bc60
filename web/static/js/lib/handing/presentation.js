/** Make, sign and send one presentation; the same one again for as long as the answer is unknown. */

import { ask } from "../service/api.js";
import { putRight } from "../service/clock-check.js";
import { self, sign } from "../device/device.js";
import { hex, signedText } from "./signed-text.js";
import { all, put, remove } from "../device/store.js";
import { isFailing, isNotJudged, isPassing, refusalOf } from "../service/trouble.js";

const ASKS = "doorcode-collection-1";

/** The browser threw this device's key away, as iPhones do with what was not visited for a week. */
export class KeyLost extends Error {}

/**
 * @typedef {{reference: string, by: "label"|"choice"}} InHand
 * @typedef {{presentation_id: string, parcels: InHand[], payload: string|null, digits: string|null,
 *   presented_at: string, offline: boolean, salt: string, signature: string, tap?: true}} Presentation `tap`: no code is needed
 * @typedef {Presentation & {handed?: boolean}} Kept `handed`: the parcel changed hands before anybody could be asked
 * @typedef {import("../api-types.js").PresentedAnswer} Answer
 * @typedef {Partial<Omit<Answer["parcels"][0], "outcome">> & {reference: string, outcome: string}} JudgedParcel
 * @typedef {Partial<Omit<Answer, "outcome" | "details" | "parcels">>
 *   & {outcome: string, details?: Partial<Answer["details"]>, parcels?: JudgedParcel[]}
 *   & {practice?: boolean, waits?: boolean, id?: string, lock?: string, reason?: string, stay?: string[]}} Verdict
 *   what the service answered, or what the page says itself where it has no answer
 */

/** Make a UUID of version 7 (RFC 9562 §5.7): such ids sort by their time, which keeps the database's index small. */
export function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 5, rest = Date.now(); place >= 0; place--, rest = Math.floor(rest / 256)) bytes[place] = rest % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Make a signed presentation and keep it until it is answered.
 * @param {{parcels: InHand[], payload?: string|null, digits?: string|null, tap?: boolean, handed?: boolean}} presented
 * @returns {Promise<Kept>}
 */
export async function makePresentation({ parcels, payload = null, digits = null, tap = false, handed = false }) {
  const presentation = await signed({
    presentation_id: uuid7(),
    parcels,
    payload,
    digits,
    presented_at: new Date().toISOString(),
    offline: handed,
    salt: hex(crypto.getRandomValues(new Uint8Array(16))),
    handed,
    ...(tap ? { tap: /** @type {const} */ (true) } : {}),
  });
  const keeping = put("pending", presentation.presentation_id, presentation);
  // What is asked with the network may be asked although this phone is full; what happened without must not get lost.
  await (handed ? keeping : keeping.catch(() => undefined));
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
 * @returns {Promise<import("../service/api.js").Reply>}
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
async function signed(body, asked = {}) {
  const device = await self();
  if (!device) throw new KeyLost();
  return { ...body, signature: await sign(device.key, await signedText(body, device.id, asked)) };
}

/**
 * Send it. Only a verdict of the service or a refusal of the presentation itself ends the waiting of one by which a
 * parcel changed hands; `waits` says that it is still kept.
 * @param {Kept} kept
 * @param {boolean} [isMended] it was refused once for what this device could mend
 * @returns {Promise<Verdict>}
 */
export async function send(kept, isMended = false) {
  const { handed, ...presentation } = kept;
  const reply = await ask("/api/v1/verifications", { method: "POST", json: presentation });
  if (reply.kind === "silence" || isPassing(reply))
    return { outcome: isFailing(reply) ? "service_trouble" : "unknown" };
  const waits = Boolean(handed) && isNotJudged(reply);
  const mended = waits && !isMended ? await mend(kept, reply) : null;
  if (mended) return send(mended, true);
  // What could not be removed is asked again later, and answered alike.
  if (!waits) await remove("pending", presentation.presentation_id).catch(() => undefined);
  if (reply.kind === "answer") return reply.value;
  return { ...refusalOf(reply), waits };
}

/**
 * Sign it anew so that it can be judged; null where nothing can be done here.
 * @param {Kept} kept
 * @param {import("../service/trouble.js").Refusal} refusal
 * @returns {Promise<Kept | null>}
 */
async function mend(kept, { slug, more }) {
  if (slug === "wrong-clock") {
    // Nothing was recorded yet, so the same presentation may have a time that can be.
    const right = await signed({ ...kept, presented_at: putRight(kept.presented_at, more.service_time) });
    await put("pending", right.presentation_id, right);
    return right;
  }
  if (slug !== "bad-signature") return null;
  // This browser has become another device. The service may have recorded it for the one that it was, whose answers
  // are told to no other: so it is a new presentation, judged as of now.
  const anew = await signed({ ...kept, presentation_id: uuid7() });
  await put("pending", anew.presentation_id, anew);
  await remove("pending", kept.presentation_id);
  return anew;
}

/** @returns {Promise<Kept[]>} those that still wait for an answer, oldest first */
export async function pending() {
  const waiting = /** @type {Kept[]} */ (await all("pending"));
  return waiting.sort((a, b) => a.presented_at.localeCompare(b.presented_at));
}

/** @param {Verdict} verdict whether the service has judged nothing yet */
export const isOpen = ({ outcome }) => outcome === "unknown" || outcome === "service_trouble";
