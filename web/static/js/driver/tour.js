/**
 * What this device carries, kept for when there is no network: encrypted under a key that cannot be taken out of the
 * device, and of no use to anybody once that key is destroyed.
 */

import { ask } from "../lib/service/api.js";
import { timeNow } from "../lib/service/clock-check.js";
import { offlineOutcome } from "./offline-verdict.js";
import { hex } from "../lib/handing/signed-text.js";
import { get, put, remove } from "../lib/device/store.js";
import { sameNumber } from "../lib/handing/tracking-number.js";

const CIPHER = "AES-GCM";
const KEY = "tour-key";
const SEALED = "tour";
const ENDED = "doorcode-shift-ended";

/** @typedef {import("../lib/api-types.js").TourParcelAnswer} Carried */
/** @typedef {import("../lib/api-types.js").TourAnswer} Tour */

/** @type {Tour | null} */
let opened = null;
/** @type {() => void} */
let forgotten = () => {};

/** @param {() => void} listener called when what was known is known no more, so that no screen goes on showing it */
export const onForgotten = (listener) => (forgotten = listener);
// The shift ends for every page of this phone.
addEventListener("storage", () => tour());

/**
 * Ask the service what this device carries, and keep it.
 * @returns {Promise<"kept"|"silence"|"refused">}
 */
export async function refreshTour() {
  // Between shifts the phone is given nothing, but hears whether it is blocked.
  if (shiftEnded()) return (await ask("/api/v1/handovers"), "refused");
  const reply = await ask("/api/v1/tour");
  if (reply.kind === "silence") return "silence";
  if (reply.kind === "problem") {
    if (reply.status === 401 || reply.status === 403) await forgetTour();
    return "refused";
  }
  await keep(reply.value);
  // The driver may have ended it meanwhile.
  if (shiftEnded()) await forgetTour();
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
  const kept = opened ?? (await unseal().catch(() => null));
  // What the service said meanwhile is newer.
  opened ??= kept;
  if (opened && (shiftEnded() || Date.parse(opened.valid_until) <= timeNow())) await forgetTour();
  return opened;
}

/** Destroy the key, and with it what it sealed. */
export async function forgetTour() {
  const wasKnown = opened !== null;
  opened = null;
  await remove("device", KEY);
  await remove("device", SEALED);
  if (wasKnown) forgotten();
}

/** @returns {Tour | null} what was last known to be carried, without waiting */
export const knownTour = () => opened;

/**
 * Note what became of stops, so that the tour says it at once.
 * @param {(reference: string) => boolean} which
 * @param {Partial<Carried>} became
 */
async function note(which, became) {
  const known = await tour();
  if (!known) return;
  const parcels = known.parcels.map((parcel) => (which(parcel.reference) ? { ...parcel, ...became } : parcel));
  await keep({ ...known, parcels });
}

/** @param {string[]} references @param {string} at */
export const noteHandedOver = (references, at) =>
  note((each) => references.some((reference) => sameNumber(each, reference)), {
    handed_over_at: at,
    digests: [],
    note: null,
    phone: null,
  });

/** @param {string} reference @param {string} reason */
export const noteVisit = (reference, reason) =>
  note((each) => sameNumber(each, reference), {
    not_handed_over: /** @type {Carried["not_handed_over"]} */ (reason),
  });

/** Know it, on a full phone for as long as this page is open. @param {Tour} known */
async function keep(known) {
  opened = known;
  await seal(known).catch(() => undefined);
}

/** @param {Tour} known */
async function seal(known) {
  const key =
    (await get("device", KEY)) ??
    (await crypto.subtle.generateKey({ name: CIPHER, length: 256 }, false, ["encrypt", "decrypt"]));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: CIPHER, iv },
    key,
    new TextEncoder().encode(JSON.stringify(known)),
  );
  await put("device", KEY, key);
  await put("device", SEALED, { iv, sealed });
}

/** @returns {Promise<Tour | null>} */
async function unseal() {
  const [key, kept] = [await get("device", KEY), await get("device", SEALED)];
  if (!key || !kept) return null;
  const plain = await crypto.subtle.decrypt({ name: CIPHER, iv: kept.iv }, key, kept.sealed);
  return JSON.parse(new TextDecoder().decode(plain));
}

/**
 * Tell the recipient of a stop that the driver is near.
 * @param {string} reference
 */
export const tellNear = (reference) => ask("/api/v1/tour/near", { method: "POST", json: { reference } });

/**
 * Judge by what is carried, when nobody can be asked.
 * @param {Tour | null} known
 * @param {import("../lib/handing/presentation.js").InHand[]} parcels
 * @param {{payload?: string|null, digits?: string|null, tap?: boolean}} code
 * @param {import("../lib/handing/queue.js").Given} given
 * @returns {Promise<import("../lib/handing/presentation.js").Verdict>}
 */
export async function judgeAlone(known, parcels, { payload = null, tap }, given) {
  const digest =
    payload && hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(payload))));
  const outcome = offlineOutcome(known, parcels, { digest, tap }, { given, now: timeNow() });
  const first = known?.parcels.find(({ reference }) =>
    parcels.some((parcel) => sameNumber(parcel.reference, reference)),
  );
  return {
    outcome,
    recipient_language: first?.recipient_language ?? null,
    parcels: parcels.map(({ reference }) => ({ reference, outcome })),
    of: parcels.length,
    handed_over: outcome === "offline_hand_over" ? parcels.length : 0,
  };
}
