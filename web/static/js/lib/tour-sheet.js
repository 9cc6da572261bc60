/** The tour: what is carried, how far it has come, and whether the codes will be there. */

import { el, icon } from "./dom.js";
import { isOff, turnOff } from "./preferences.js";
import { showRecord } from "./record-sheet.js";
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
    el("div", { class: "toggles" }, toggle("sound", t("Sound")), toggle("motion", t("Vibration, motion"))),
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

/** @param {import("./preferences.js").Preference} name @param {string} words */
function toggle(name, words) {
  const draw = () => {
    button.setAttribute("aria-pressed", String(!isOff(name)));
    button.replaceChildren(icon(isOff(name) ? `${name}-off` : name), el("span", {}, words));
  };
  const button = el("button", { type: "button", class: "toggle", "data-toggle": name, onclick: () => (turnOff(name, !isOff(name)), draw()) });
  draw();
  return button;
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
  if (parcel.wished_point) return { state: "open", picture: "counter", words: parcel.wished_point };
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
