/** What is told of a call that was not answered: only one that reached nobody is "no connection". */

import { keyLostWords, t } from "../words.js";

/** @typedef {import("./api.js").Reply} Reply */

// Answers of a service that may answer the same call a moment later.
const PASSING = new Set([408, 425, 429]);

// Refusals that say nothing of the matter: it can be judged when the device or who works with it is in order.
const NOT_JUDGED = new Set([
  "wrong-clock",
  "out-of-order",
  "nobody-signed-in",
  "not-your-role",
  "not-enrolled",
  "bad-signature",
  "foreign-origin",
]);

/** @typedef {Extract<Reply, {kind: "problem"}>} Refusal */

/** @param {Reply} reply whether who asks was refused, and not what was asked @returns {reply is Refusal} */
export const isNotJudged = (reply) => reply.kind === "problem" && NOT_JUDGED.has(reply.slug);

/** @param {Reply} reply whether the service said that it fails */
export const isFailing = (reply) => isPassing(reply) && !(reply.kind === "silence" && reply.cause !== "service");

/** @param {Reply} reply whether it says nothing of the matter itself, and the same call may be sent again */
export const isPassing = (reply) => reply.kind === "silence" || (reply.kind === "problem" && PASSING.has(reply.status));

/**
 * Say what a presentation that was refused is told as.
 * @param {{slug: string}} problem
 */
export const refusalOf = ({ slug }) => ({
  outcome: slug === "device-revoked" ? "device_revoked" : "refused",
  reason: whyNotHere(slug),
});

/**
 * Say why the service takes nothing from this device, or from who works with it; the service's own words are for
 * whoever writes programs.
 * @param {string} slug
 * @returns {string | undefined}
 */
export function whyNotHere(slug) {
  const words = /** @type {Record<string, string>} */ ({
    "not-enrolled": keyLostWords(),
    "bad-signature": keyLostWords(),
    "device-revoked": t("Device blocked"),
    "out-of-order": t("Out of order. Please ask the staff."),
    "nobody-signed-in": t("Sign in first"),
    "not-your-role": t("Ask a colleague who may do this"),
  });
  return words[slug];
}

/**
 * Say what is wrong and what to do; null where the reply is about the matter itself.
 * @param {Reply} reply
 * @returns {{picture: string, words: string} | null}
 */
export function troubleOf(reply) {
  if (reply.kind === "answer") return null;
  if (reply.kind === "silence" && reply.cause === "network")
    return { picture: "no-connection", words: t("No connection. Please try again.") };
  if (reply.kind === "silence" && reply.cause === "patience")
    return { picture: "try-again", words: t("No answer. Please try again.") };
  if (reply.status === 413) return { picture: "mark-amber", words: t("That is too large. Please send less.") };
  if (reply.slug === "picture-reader-failed")
    return { picture: "mark-amber", words: t("Pictures cannot be read now. Please type the digits.") };
  if (reply.slug === "busy" || reply.status === 408)
    return { picture: "try-again", words: t("The service is busy. Please try again in a moment.") };
  if (reply.status === 429) return { picture: "try-again", words: t("Too many tries. Please wait.") };
  return reply.kind === "silence"
    ? { picture: "mark-amber", words: t("The service has a problem. Please try again.") }
    : null;
}
