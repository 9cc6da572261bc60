/** What somebody typed at the kiosk in a browser: asked for by name first, then presented as a parcel's number. */

import { askWhatWaits } from "../lib/handing/presentation.js";
import { isFailing, isPassing } from "../lib/service/trouble.js";

/**
 * Only a number is presented, and the digits open what lies here for its holder.
 * @param {import("../lib/handing/handing.js").Handing} handing
 * @param {import("./kiosk-keypad.js").Typed} typed
 */
export async function presentTyped(handing, { by, who, digits }) {
  const reference = by === "name" ? await referenceOf(handing, who, digits) : who;
  if (reference) await handing.ask([{ reference, by: "choice" }], { digits });
}

/**
 * @param {import("../lib/handing/handing.js").Handing} handing
 * @param {string} name
 * @param {string} digits
 * @returns {Promise<string | null>}
 */
async function referenceOf(handing, name, digits) {
  handing.asking = true;
  handing.onChange(handing);
  const reply = await askWhatWaits({ parcels: [], digits, name }).catch(() => null);
  handing.asking = false;
  if (reply?.kind === "answer" && reply.value.outcome === "accepted") return reply.value.parcels[0]?.reference ?? null;
  if (reply?.kind === "answer") handing.finish({ outcome: reply.value.outcome });
  else if (reply && isPassing(reply)) handing.finish({ outcome: isFailing(reply) ? "service_trouble" : "unknown" });
  else handing.finish({ outcome: "refused" });
  return null;
}
