/** Speak to the service. A call ends in an answer, a problem that the service names, or silence. */

import { noteReach } from "./network.js";

const PATIENCE_MS = 6000;

/**
 * @typedef {{kind: "answer", status: number, value: any}
 *   | {kind: "problem", status: number, slug: string, detail: string, more: any}
 *   | {kind: "silence"}} Reply
 */

/**
 * Call the service.
 * @param {string} path
 * @param {{method?: string, json?: unknown, body?: BodyInit, patience?: number}} [options]
 * @returns {Promise<Reply>}
 */
export async function ask(path, { method = "GET", json, body, patience = PATIENCE_MS } = {}) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), patience);
  try {
    const answer = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: json === undefined ? {} : { "Content-Type": "application/json" },
      body: json === undefined ? body : JSON.stringify(json),
      signal: giveUp.signal,
    });
    const value = answer.status === 204 ? {} : await answer.json().catch(() => null);
    noteReach(answer.status < 500);
    if (answer.ok && value !== null) return { kind: "answer", status: answer.status, value };
    // A failing server or a login page of some network in between has judged nothing.
    if (answer.ok || answer.status >= 500) return { kind: "silence" };
    const slug = String(value?.type ?? "").split("/").pop() ?? "";
    return { kind: "problem", status: answer.status, slug, detail: String(value?.detail ?? value?.title ?? ""), more: value ?? {} };
  } catch {
    noteReach(false);
    return { kind: "silence" };
  } finally {
    clearTimeout(timer);
  }
}
