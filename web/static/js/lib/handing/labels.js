/** What is to be done with a parcel whose label was read. */

import { ask } from "../service/api.js";

/**
 * The parcel as it was announced; without an outcome its code is to be shown.
 * @typedef {import("../api-types.js").LabelAnswer} Standing
 */

/**
 * Ask the service.
 * @param {string} label its text as it was read
 * @returns {Promise<Standing | null>} null if it gives no answer
 */
export async function askAboutLabel(label) {
  const reply = await ask("/api/v1/labels", { method: "POST", json: { label: label.slice(0, 256) } });
  return reply.kind === "answer" ? reply.value : null;
}
