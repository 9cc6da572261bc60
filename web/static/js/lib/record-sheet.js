/** The driver's own record of the last days: handovers with their proofs to keep, and visits that ended otherwise. */

import { ask } from "./api.js";
import { el, icon } from "./dom.js";
import { readablePlace } from "./place.js";
import { layOpen } from "./sheet.js";
import { REASONS } from "./visit-sheet.js";
import { clock, t } from "./words.js";

/**
 * @typedef {{reference: string, handed_over_at: string, match_number: string}} Handover
 * @typedef {{reference: string, reason: string, attempted_at: string, place: string | null}} Visit
 */

/** Show it, newest first. Never a count or a score. */
export async function showRecord() {
  const reply = await ask("/api/v1/handovers");
  const { handovers = [], visits = [] } = reply.kind === "answer" ? reply.value : {};
  const rows = [
    ...handovers.map((/** @type {Handover} */ each) => ({ at: each.handed_over_at, row: handoverRow(each) })),
    ...visits.map((/** @type {Visit} */ each) => ({ at: each.attempted_at, row: visitRow(each) })),
  ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const nothing = reply.kind === "answer" ? t("Nothing handed over yet") : t("No connection. Please try again.");
  const list = el("ul", { class: "tour-list" }, ...rows.map(({ row }) => row));
  layOpen({ name: "record", title: t("My handovers") }, rows.length ? list : el("p", { class: "quiet" }, nothing));
}

/** @param {Handover} handover */
function handoverRow({ reference, handed_over_at: at, match_number: number }) {
  const proof = `/api/v1/handovers/${encodeURIComponent(reference)}/proof`;
  return el(
    "li",
    { class: "record-row" },
    el("span", { class: "record-number", dir: "ltr" }, number),
    el("span", {}, el("bdi", { dir: "ltr" }, reference), el("small", {}, clock(at))),
    el("a", { class: "button button-small", href: proof, download: "", "aria-label": t("Keep the receipt") }, icon("record")),
  );
}

/** @param {Visit} visit */
function visitRow({ reference, reason: name, attempted_at: at, place }) {
  const reason = REASONS.find(({ reason: each }) => each === name);
  return el(
    "li",
    { class: "record-row" },
    el("span", { class: "record-reason" }, icon(reason?.picture ?? "refused")),
    el("span", {}, el("bdi", { dir: "ltr" }, reference), el("small", {}, `${reason ? t(reason.words) : name} · ${clock(at)}`), place && el("small", { dir: "ltr" }, readablePlace(place))),
  );
}
