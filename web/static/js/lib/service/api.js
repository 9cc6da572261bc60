/** Speak to the service. A call ends in an answer, a problem that the service names, or silence: its own, or the network's. */

import { noteServiceTime } from "./clock-check.js";
import { noteStanding, noteReach } from "./network.js";

const PATIENCE_MS = 6000;

/**
 * @typedef {{kind: "answer", status: number, value: any}
 *   | {kind: "problem", status: number, slug: string, detail: string, more: any}
 *   | {kind: "silence", cause: "service", status: number, slug: string}
 *   | {kind: "silence", cause: "network" | "patience", status: 0, slug: ""}} Reply
 */

// What the proxy before the service says itself: too slow, too large, too often.
const BY_PROXY = new Set([408, 413, 429]);
const UNREACHED = /** @type {const} */ ({ kind: "silence", cause: "network", status: 0, slug: "" });

/**
 * Call the service.
 * @param {string} path
 * @param {{method?: string, json?: unknown, body?: BodyInit, patience?: number, keepalive?: boolean}} [options]
 *   keepalive: the call outlives its page
 * @returns {Promise<Reply>}
 */
export async function ask(path, { method = "GET", json, body, patience = PATIENCE_MS, keepalive = false } = {}) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), patience);
  try {
    const answer = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      keepalive,
      headers: json === undefined ? {} : { "Content-Type": "application/json" },
      body: json === undefined ? body : JSON.stringify(json),
      signal: giveUp.signal,
    });
    const value = answer.status === 204 ? {} : await answer.json().catch(() => null);
    if (answer.status >= 500) noteReach("failing");
    else noteReach(isOurs(answer, value) ? "there" : "gone");
    noteServiceTime(value?.service_time ?? value?.server_time ?? value?.made_at);
    const slug =
      String(value?.type ?? "")
        .split("/")
        .pop() ?? "";
    noteStanding(answer.ok, slug);
    // A service that fails has judged nothing.
    if (answer.status >= 500) return { kind: "silence", cause: "service", status: answer.status, slug };
    if (!isOurs(answer, value)) return UNREACHED;
    if (answer.ok) return { kind: "answer", status: answer.status, value };
    return {
      kind: "problem",
      status: answer.status,
      slug,
      detail: String(value?.detail ?? value?.title ?? ""),
      more: value ?? {},
    };
  } catch {
    const isSilence = giveUp.signal.aborted && navigator.onLine;
    noteReach(isSilence ? "silent" : "gone");
    return isSilence ? { ...UNREACHED, cause: "patience" } : UNREACHED;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Tell whether it is the service that speaks, or the proxy before it: some network in between answers with its login
 * page, or refuses in words of its own.
 * @param {Response} answer
 * @param {any} value
 */
function isOurs(answer, value) {
  if (answer.ok) return value !== null;
  return String(value?.type ?? "").includes("/problems/") || BY_PROXY.has(answer.status);
}
