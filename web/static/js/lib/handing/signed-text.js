/**
 * The text that a device signs. Pure. `Presentation.signed_text` of the service writes the same; both are tried on the
 * cases of `tests/cases/signed-text.json`.
 */

const RELEASES = "doorcode-presentation-1";

/** @param {Uint8Array} bytes */
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Write it. The code enters only as a digest behind a salt that the service does not keep, and each label behind a salt
 * of its own, so that one parcel's proof can show its label and not the others.
 * @param {Omit<import("./presentation.js").Presentation, "signature">} body
 * @param {string} deviceId
 * @param {{form?: string, name?: string|null}} [asked] where it is only asked what waits, and for whom
 */
export async function signedText(body, deviceId, { form = RELEASES, name = null } = {}) {
  const parcels = body.parcels.map(async ({ reference, by }, index) => {
    const salt = await saltedDigest(body.salt, `\0parcel ${index + 1}`);
    return `parcel ${await saltedDigest(salt, reference)} ${by}`;
  });
  const lines = [
    form,
    body.presentation_id,
    deviceId,
    body.presented_at,
    body.offline ? "offline" : "online",
    body.tap ? "tap" : body.payload === null ? "digits" : "payload",
    await saltedDigest(body.salt, body.payload ?? body.digits ?? ""),
    ...(await Promise.all(parcels)),
  ];
  if (name) lines.push(`name ${await saltedDigest(body.salt, name)}`);
  return lines.join("\n");
}

/** @param {string} salt @param {string} text */
async function saltedDigest(salt, text) {
  const before = Uint8Array.from(salt.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const salted = new Uint8Array([...before, ...new TextEncoder().encode(text)]);
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", salted)));
}
