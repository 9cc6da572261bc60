/** What is told of a call that was not answered: only one that reached nobody is "no connection". */

import { keyLostWords, t } from "../words.js";

/** @typedef {import("./api.js").Reply} Reply */

// Answers of a service that may answer the same call a moment later.
const PASSING = new Set([408, 425, 429]);

/** @param {Reply} reply whether the service said that it fails */
export const isFailing = (reply) => isPassing(reply) && !(reply.kind === "silence" && reply.cause !== "service");

/** @param {Reply} reply whether it says nothing of the matter itself, and the same call may be sent again */
export const isPassing = (reply) => reply.kind === "silence" || (reply.kind === "problem" && PASSING.has(reply.status));

/**
 * Say what a presentation that was refused is told as.
 * @param {{slug: string, detail: string}} problem
 */
export const refusalOf = ({ slug, detail }) => ({
  outcome: slug === "device-revoked" ? "device_revoked" : "refused",
  reason: slug === "not-enrolled" ? keyLostWords() : detail,
});

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
