/** The device's own key: made at enrolment, never readable again, used to sign what is presented. */

import { ask } from "../service/api.js";
import { get, put } from "./store.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

/** @returns {boolean} whether this page may make keys and open a camera */
export const inSecureContext = () => window.isSecureContext && Boolean(window.crypto?.subtle);

/**
 * Make a key and exchange the one-time secret for this device's identity.
 * @param {string} secret
 * @param {string} language
 */
export async function enrol(secret, language) {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const reply = await ask("/api/v1/devices", {
    method: "POST",
    json: { enrolment: secret, public_key: { kty, crv, x, y }, language },
  });
  if (reply.kind === "answer") {
    await put("device", "self", { id: reply.value.device_id, kind: reply.value.kind, key: pair.privateKey });
  }
  return reply;
}

/** @returns {Promise<{id: string, kind: string, key: CryptoKey} | undefined>} */
export const self = () => get("device", "self");

/**
 * Sign a text: ECDSA P-256 with SHA-256, 64 bytes r and s, base64url.
 * @param {CryptoKey} key
 * @param {string} text
 */
export async function sign(key, text) {
  return base64url(new Uint8Array(await crypto.subtle.sign(SIGNING, key, new TextEncoder().encode(text))));
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
