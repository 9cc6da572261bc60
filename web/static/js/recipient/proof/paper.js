/** From the symbol on a proof's paper to the proof: its address names the proof, which the service gives out. */

import { Decoding } from "../../lib/decoding/decoding.js";
import { t } from "../../lib/words.js";
import { Fault } from "./forms.js";

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
 * Read the symbol on a photographed sheet, on this device. Throws Fault.
 * @param {Blob} photo
 */
export async function nameInPhoto(photo) {
  const decoding = new Decoding(
    () => undefined,
    () => "any",
    ["QRCode"],
  );
  const addresses = (await decoding.readHere(photo)).map(({ text }) => text).filter((text) => URL.canParse(text));
  decoding.worker?.terminate();
  const names = addresses.map(nameInAddress).filter((name) => name);
  if (names.length > 0) return names[0];
  const elsewhere = addresses.map((text) => new URL(text)).find(({ pathname }) => pathname === PAGE);
  if (elsewhere) throw new Fault(t("This symbol leads to another service: %(address)s", { address: elsewhere.origin }));
  throw new Fault(t("No proof symbol was found in this picture. Take it from closer, in good light."));
}

/**
 * Fetch the proof that a sheet names, as it stands now. Throws Fault.
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
  if (answer && answer.status < 500) throw new Fault(t("This service does not know this proof."));
  throw new Fault(t("The service could not be reached. Please try again."));
}
