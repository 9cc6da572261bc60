/** The tour: what is carried, how far it has come, and whether the codes will be there. */

import { ask } from "./api.js";
import { el, icon } from "./dom.js";
import { givenUntold, visitsUntold, waiting } from "./queue.js";
import { layOpen, pictureButton } from "./sheet.js";
import { endShift, shiftEnded, startShift, tour } from "./tour.js";
import { REASONS } from "./visit-sheet.js";
import { clock, t } from "./words.js";

/** @typedef {import("./tour.js").Carried} Carried */
/** @typedef {{state: "open"|"done"|"visited", picture: string, words: string}} Standing */

/**
 * Show the tour.
 * @param {{onTake: (reference: string) => void, onLoad: () => void, onShift: () => void}} choices
 */
export async function showTour({ onTake, onLoad, onShift }) {
  const rows = await standings();
  const done = rows.filter(({ standing }) => standing.state === "done").length;
  const list = el("ul", { class: "tour-list" });
  const search = /** @type {HTMLInputElement} */ (
    el("input", { type: "search", class: "tour-search", "aria-label": t("Search"), placeholder: t("Search"), autocomplete: "off", spellcheck: "false", oninput: () => draw() })
  );
  const take = (/** @type {string} */ reference) => {
    sheet.close();
    onTake(reference);
  };
  const draw = () => {
    const wanted = search.value.replace(/\s/g, "").toUpperCase();
    list.replaceChildren(...rows.filter(({ parcel }) => parcel.reference.includes(wanted)).map((row) => rowOf(row, take)));
  };
  const sheet = layOpen(
    { name: "tour", title: t("Tour") },
    el("div", { class: "tour-progress" }, el("progress", { max: Math.max(rows.length, 1), value: done, "aria-label": t("Handed over") }), el("bdi", { dir: "ltr" }, `${done}/${rows.length}`)),
    rows.length > 5 ? search : null,
    rows.length ? list : el("p", { class: "quiet" }, t("No parcels yet. Scan them to load.")),
    el(
      "footer",
      { class: "sheet-foot" },
      pictureButton("load", t("Load parcels"), () => (sheet.close(), onLoad(), startShift()), { "data-load": "" }),
      pictureButton("record", t("My handovers"), () => showRecord(), { "data-record": "" }),
      shiftEnded()
        ? pictureButton("tour", t("Start the shift"), () => startShift().then(() => (sheet.close(), onShift())), { "data-begin": "" })
        : pictureButton("sign-out", t("End the shift"), () => confirmEnd(() => (sheet.close(), onShift())), { "data-end": "" }),
    ),
  );
  draw();
}

/** @returns {Promise<{parcel: Carried, standing: Standing}[]>} */
async function standings() {
  const [known, given, visits] = [await tour(), await givenUntold(), await visitsUntold()];
  const reasons = new Map(visits.map(({ reference, reason }) => [reference, reason]));
  return (known?.parcels ?? []).map((parcel) => ({ parcel, standing: standingOf(parcel, given, reasons.get(parcel.reference)) }));
}

/** @param {Carried} parcel @param {Set<string>} given @param {string} [visited] @returns {Standing} */
function standingOf(parcel, given, visited) {
  if (parcel.handed_over_at) return { state: "done", picture: "check", words: clock(parcel.handed_over_at) };
  if (given.has(parcel.reference)) return { state: "done", picture: "no-connection", words: t("Handed over, not sent yet") };
  const reason = REASONS.find(({ reason: name }) => name === (visited ?? parcel.not_handed_over));
  if (reason) return { state: "visited", picture: reason.picture, words: t(reason.words) };
  if (!parcel.code_required) return { state: "open", picture: "hand-over", words: t("No code needed") };
  const awaited = /** @type {Record<string, [string, string]>} */ ({
    failed: ["mail-failed", t("Mail did not arrive")],
    no_address: ["mail-failed", t("No mail address known")],
    queued: ["mail", t("Mail not sent yet")],
    sent: ["mail", t("Mail not opened yet")],
  });
  const [picture, words] = awaited[parcel.awaited ?? ""] ?? ["show-code", t("Code needed")];
  return { state: "open", picture, words };
}

/** @param {{parcel: Carried, standing: Standing}} row @param {(reference: string) => void} take */
function rowOf({ parcel, standing }, take) {
  const warns = standing.picture === "mail-failed";
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: `tour-row tour-${standing.state}${warns ? " tour-warns" : ""}`, disabled: standing.state === "done", onclick: () => take(parcel.reference) },
      icon(parcel.code_required ? "show-code" : "parcel"),
      el("bdi", { dir: "ltr" }, parcel.reference),
      el("span", { class: "tour-standing" }, icon(standing.picture), standing.words),
    ),
  );
}

/** The driver's own handovers of the last days, each with its proof to keep. Never a count or a score. */
async function showRecord() {
  const reply = await ask("/api/v1/handovers");
  const listed = reply.kind === "answer" ? /** @type {{reference: string, handed_over_at: string, match_number: string}[]} */ (reply.value.handovers) : [];
  const rows = listed.map(({ reference, handed_over_at: at, match_number: number }) =>
    el(
      "li",
      { class: "record-row" },
      el("span", { class: "record-number", dir: "ltr" }, number),
      el("span", {}, el("bdi", { dir: "ltr" }, reference), el("small", {}, clock(at))),
      el("a", { class: "button button-small", href: `/api/v1/handovers/${encodeURIComponent(reference)}/proof`, download: "", "aria-label": t("Keep the receipt") }, icon("record")),
    ),
  );
  const nothing = reply.kind === "answer" ? t("Nothing handed over yet") : t("No connection. Please try again.");
  layOpen({ name: "record", title: t("My handovers") }, rows.length ? el("ul", { class: "tour-list" }, ...rows) : el("p", { class: "quiet" }, nothing));
}

/** @param {() => void} ended */
async function confirmEnd(ended) {
  const count = await waiting();
  const warning = count ? t("Not sent yet: %(count)s. They stay and are sent later.", { count }) : t("This phone forgets the tour.");
  const sheet = layOpen(
    { name: "end", title: t("End the shift") },
    el("p", {}, warning),
    el("footer", { class: "sheet-foot" }, pictureButton("sign-out", t("End the shift"), () => endShift().then(() => (sheet.close(), ended())), { "data-end-now": "" })),
  );
}
