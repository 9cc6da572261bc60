/** From the symbol on a proof's paper to the proof: its address names the proof, which the service gives out. */

import { Decoding } from "../../lib/decoding/decoding.js";
import { t } from "../../lib/words.js";
import { Unchecked } from "./forms.js";

const PAGE = "/proofs/check";

/**
 * Return the name of a proof that the address of this page holds; empty if there is none.
 * @param {string} address
 */
export function nameInAddress(address) {
  const { origin, pathname, hash } = new URL(address);
  return origin === location.origin && pathname === PAGE ? hash.slice(1) : "";
}

/**
 * Read the symbol on a photographed sheet, on this device. Throws Unchecked.
 * @param {Blob} photo
 */
export async function nameInPhoto(photo) {
  const decoding = new Decoding(
    () => undefined,
    () => "any",
    ["QRCode"],
  );
  const found = await decoding.readHere(photo);
  decoding.worker?.terminate();
  if (!found)
    throw new Unchecked(
      t("This browser cannot read this picture. Scan the symbol with a phone's camera, or choose the file."),
    );
  const addresses = found.map(({ text }) => text).filter(isAddress);
  const names = addresses.map(nameInAddress).filter((name) => name);
  if (names.length > 0) return names[0];
  const elsewhere = addresses.map((text) => new URL(text)).find(({ pathname }) => pathname === PAGE);
  if (elsewhere)
    throw new Unchecked(t("This symbol leads to another service: %(address)s", { address: elsewhere.origin }));
  throw new Unchecked(t("No proof symbol was found in this picture. Take it from closer, in good light."));
}

/** @param {string} text */
function isAddress(text) {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
}

/**
 * Fetch the proof that a sheet names, as it stands now. Throws Unchecked.
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function proofNamed(name) {
  const answer = await fetch("/api/v1/proofs/named", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  }).catch(() => null);
  if (answer?.ok) return new Uint8Array(await answer.arrayBuffer());
  if (answer && [404, 422].includes(answer.status)) throw new Unchecked(t("This service does not know this proof."));
  throw unreachable();
}

/** Return what is thrown where the service gave no answer, or one that is about something else. */
export const unreachable = () => new Unchecked(t("The service could not be reached. Please try again."));
