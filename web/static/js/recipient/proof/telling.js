/** Says what a proof says: what happened, how sure that is, and whether it is contested; the figures are folded. */

import { el } from "../../lib/dom.js";
import { filled, houseForm, pageLanguage } from "../../lib/words.js";
import { remarksOf } from "./story.js";

/** @typedef {import("./story.js").Proved} Proved */
/** @typedef {{story: Record<string, string>, sure: Record<string, string[]>, remarks: Record<string, string>,
 *   uncontested: string}} Words what the page has in its reader's language, by grade and remark */

/** Remarks that answer whether it is contested; the others weaken how sure it is. */
const OF_CONTEST = ["contested", "answered"];

/**
 * Make a verdict's words.
 * @param {HTMLElement} page
 * @param {(Proved & {holds: true}) | {holds: false|null, fault: string}} said null where nothing was checked
 * @param {Uint8Array<ArrayBuffer>|null} file
 * @returns {HTMLElement[]}
 */
export function verdictOn(page, said, file) {
  const { holds, fails, unchecked } = page.dataset;
  const head = el("strong", {}, said.holds ? holds : said.holds === null ? unchecked : fails);
  if (!said.holds) return [head, el("span", {}, said.fault)];
  const rows = sentences(page, said).map(([name, ...lines]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, ...lines.map((line) => el("p", {}, line)))),
  );
  return [head, el("dl", { class: "proof-story" }, ...rows), details(page, said), ...saving(page, said, file)];
}

/** Tell whether a proof shows no handover, or one that something weakens. @param {Pick<Proved, "handover"|"contested">} proved */
export const isDoubted = (proved) => !proved.handover || remarksOf(proved).length > 0;

/** @param {HTMLElement} page @param {Proved} proved @returns {string[][]} */
function sentences(page, { reference, grade, handover, contested, last_event_at: last }) {
  /** @type {Words} */
  const words = JSON.parse(page.dataset.words ?? "{}");
  // Among words from right to left the parts of a number would change places (`left_to_right` in web/i18n).
  const parcel = document.dir === "rtl" ? `\u200e${reference}\u200e` : reference;
  const values = { moment: handover ? local(handover.at) : "", parcel };
  const remarks = remarksOf({ handover, contested });
  // What came after its last event a proof does not know.
  const ends = { moment: local(last) };
  const say = (/** @type {string} */ name) => filled(words.remarks[name] ?? words.remarks.conflict, ends);
  const disputes = remarks.filter((name) => OF_CONTEST.includes(name)).map(say);
  const doubts = remarks.filter((name) => !OF_CONTEST.includes(name)).map(say);
  const { happened = "", sure = "", disputed = "" } = page.dataset;
  return [
    [happened, filled(words.story[grade] ?? "", values)],
    [sure, ...doubts, ...(words.sure[grade] ?? [])],
    ...(handover ? [[disputed, ...(disputes.length ? disputes : [filled(words.uncontested, ends)])]] : []),
  ];
}

/** @param {HTMLElement} page @param {Proved} proved */
function details(page, { reference, grade, handover, contested, sealed_at: sealed }) {
  const rows = [
    [page.dataset.parcel, el("bdi", {}, reference)],
    [page.dataset.grade, el("bdi", {}, grade)],
    ...(handover ? [[page.dataset.handed, moment(handover.at)]] : []),
    ...contested.flatMap(({ at, answered }) => [
      [page.dataset.contested, moment(at)],
      ...(answered ? [[page.dataset.answered, moment(answered)]] : []),
    ]),
    [page.dataset.sealed, moment(sealed)],
  ];
  const list = rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  const facts = el("dl", { class: "proof-facts more-body" }, ...list);
  return el("details", { class: "more" }, el("summary", {}, el("span", {}, page.dataset.details)), facts);
}

/** A proof that came from the service can be kept. @param {HTMLElement} page @param {Proved} proved @param {Uint8Array<ArrayBuffer>|null} file */
function saving(page, { reference }, file) {
  if (!file || file[0] !== "{".charCodeAt(0)) return [];
  const href = URL.createObjectURL(new Blob([file], { type: "application/json" }));
  const download = `proof-${reference.replace(/[^A-Za-z0-9]/g, "-")}.json`;
  return [el("a", { class: "button", href, download }, page.dataset.save)];
}

/** @param {string} at */
const moment = (at) => el("time", { datetime: at, title: at }, local(at));

/** Write a moment by the house's clock, and name its zone: who reads a proof may sit anywhere. @param {string} at */
function local(at) {
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { year: "numeric", month: "long", day: "numeric" };
  /** @type {Intl.DateTimeFormatOptions} */
  const time = { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" };
  return houseForm(pageLanguage(), { ...day, ...time }).format(new Date(at));
}
