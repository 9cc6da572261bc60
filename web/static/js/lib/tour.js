/**
 * What this device carries, kept for when there is no network: encrypted under a key that cannot be taken out of the
 * device, and of no use to anybody once that key is destroyed.
 */

import { ask } from "./api.js";
import { hex } from "./device.js";
import { get, put, remove } from "./store.js";

const CIPHER = "AES-GCM";
const KEY = "tour-key";
const SEALED = "tour";
const ENDED = "doorcode-shift-ended";

/**
 * @typedef {{reference: string, code_required: boolean, recipient_language: string, awaited: string|null,
 *   digests: string[], consignment: number|null, handed_over_at: string|null, not_handed_over: string|null}} Carried
 * @typedef {{made_at: string, valid_until: string, offline: "hand_over"|"wait", visit_place?: boolean, parcels: Carried[]}} Tour
 */

/** @type {Tour | null} */
let opened = null;

/**
 * Ask the service what this device carries, and keep it.
 * @returns {Promise<"kept"|"silence"|"refused">}
 */
export async function refreshTour() {
  if (shiftEnded()) return "refused";
  const reply = await ask("/api/v1/tour");
  if (reply.kind === "silence") return "silence";
  if (reply.kind === "problem") {
    if (reply.status === 401 || reply.status === 403) await forgetTour();
    return "refused";
  }
  await keep(reply.value);
  return "kept";
}

/** @returns {boolean} whether the driver has ended the shift, and started no other */
export const shiftEnded = () => localStorage.getItem(ENDED) !== null;

/** From now on the phone keeps what it carries. */
export async function startShift() {
  localStorage.removeItem(ENDED);
  await refreshTour();
}

/** From now on the phone keeps nothing. */
export async function endShift() {
  localStorage.setItem(ENDED, "1");
  await forgetTour();
}

/** Forget the tour and the shift of the device that this phone was before it was set up anew. */
export async function forgetShift() {
  localStorage.removeItem(ENDED);
  await forgetTour();
}

/** @returns {Promise<Tour | null>} what is carried; null if nothing is known, or not any more */
export async function tour() {
  opened ??= await unseal().catch(() => null);
  if (opened && Date.parse(opened.valid_until) <= Date.now()) await forgetTour();
  return opened;
}

/** Destroy the key, and with it what it sealed. */
export async function forgetTour() {
  opened = null;
  await remove("device", KEY);
  await remove("device", SEALED);
}

/** @param {Tour} known */
async function keep(known) {
  const key = (await get("device", KEY)) ?? (await crypto.subtle.generateKey({ name: CIPHER, length: 256 }, false, ["encrypt", "decrypt"]));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: CIPHER, iv }, key, new TextEncoder().encode(JSON.stringify(known)));
  await put("device", KEY, key);
  await put("device", SEALED, { iv, sealed });
  opened = known;
}

/** @returns {Promise<Tour | null>} */
async function unseal() {
  const [key, kept] = [await get("device", KEY), await get("device", SEALED)];
  if (!key || !kept) return null;
  const plain = await crypto.subtle.decrypt({ name: CIPHER, iv: kept.iv }, key, kept.sealed);
  return JSON.parse(new TextDecoder().decode(plain));
}

/**
 * Judge by what is carried, when nobody can be asked. Never green: a code that fits is only known to fit.
 * @param {Tour | null} known
 * @param {import("./presentation.js").InHand[]} parcels
 * @param {{payload?: string|null, digits?: string|null}} code
 * @param {Set<string>} given references that this device has handed over and not yet told
 * @returns {Promise<import("./presentation.js").Verdict>}
 */
export async function judgeAlone(known, parcels, code, given) {
  const carried = parcels.map(({ reference }) => known?.parcels.find((parcel) => parcel.reference === reference));
  const judged = (/** @type {string} */ outcome) => ({
    outcome,
    recipient_language: carried[0]?.recipient_language ?? null,
    parcels: parcels.map(({ reference }) => ({ reference, outcome })),
    of: parcels.length,
    handed_over: outcome === "offline_hand_over" ? parcels.length : 0,
  });
  if (parcels.some(({ reference }) => given.has(reference))) return judged("already_handed_over");
  if (carried.length && carried.every((parcel) => parcel && !parcel.code_required)) return judged("code_not_required");
  if (!code.payload) return judged("offline_digits");
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code.payload))));
  const opener = known?.parcels.find((parcel) => parcel.digests.includes(digest));
  const fits = opener && carried.every((parcel, place) => parcel && opens(opener, parcel, parcels[place].by));
  if (!fits) return judged("offline_unchecked");
  return judged(known?.offline === "hand_over" ? "offline_hand_over" : "offline_wait");
}

/**
 * A code opens its own parcel, and with it those sent together whose labels were scanned.
 * @param {Carried} opener
 * @param {Carried} parcel
 * @param {"label"|"choice"} by
 */
function opens(opener, parcel, by) {
  const together = parcel.consignment !== null && parcel.consignment === opener.consignment && by === "label";
  return parcel === opener || !parcel.code_required || together;
}
