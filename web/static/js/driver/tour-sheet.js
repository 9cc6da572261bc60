/** The tour: its stops in order, how far it has come, and whether the codes will be there. */

import { el, icon, makeButton } from "../lib/dom.js";
import { givenUntold, visitsUntold, waiting } from "../lib/handing/queue.js";
import { isOff, turnOff } from "../lib/device/preferences.js";
import { layOpen, onPull, pictureButton, wanted } from "../lib/sheet.js";
import { clock, t } from "../lib/words.js";
import { showRecord } from "./record-sheet.js";
import { isFound } from "./stops.js";
import { endShift, refreshTour, shiftEnded, startShift, tour } from "./tour.js";
import { REASONS } from "./visit-sheet.js";

/** @typedef {import("./stops.js").Carried} Carried */
/** @typedef {{state: "open"|"done"|"visited", picture: string, words: string}} Standing */
/** @typedef {{parcel: Carried, standing: Standing}} Row */

const SEARCHED_FROM = 4;

/**
 * Show the tour: first as it was kept, then as the service says, which is asked on opening and by pulling.
 * @param {{onStop: (row: Row, redraw: () => void) => void, onLoad: () => void, onShift: () => void}} choices
 */
export async function showTour({ onStop, onLoad, onShift }) {
  const bar = /** @type {HTMLProgressElement} */ (el("progress", { "aria-label": t("Handed over") }));
  const count = el("bdi", { "data-tour-progress": "" });
  const list = el("ul", { class: "tour-list" });
  const nothing = el("p", { class: "quiet" });
  const search = /** @type {HTMLInputElement} */ (
    el("input", {
      type: "search",
      class: "tour-search",
      "aria-label": t("Search"),
      placeholder: t("Name, street or number"),
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => draw(),
    })
  );
  /** @type {Row[]} */
  let rows = [];
  const draw = () => {
    const done = rows.filter(({ standing }) => standing.state === "done").length;
    const found = rows.filter(({ parcel }) => isFound(parcel, search.value));
    Object.assign(bar, { max: Math.max(rows.length, 1), value: done });
    count.textContent = t("%(done)s of %(all)s", { done, all: rows.length });
    search.hidden = rows.length < SEARCHED_FROM;
    list.replaceChildren(...found.map((row) => rowOf(row, () => onStop(row, redraw))));
    nothing.hidden = found.length > 0;
    nothing.textContent = rows.length ? t("Nothing found") : t("No parcels yet. Scan them to load.");
  };
  const redraw = async () => {
    rows = await standings();
    draw();
  };
  const refresh = async () => {
    sheet.setAttribute("aria-busy", "true");
    await refreshTour().catch(() => "silence");
    await redraw();
    sheet.removeAttribute("aria-busy");
  };
  const again = makeButton(
    { class: "quiet-button", "data-refresh": "", onclick: refresh },
    icon("try-again"),
    el("span", {}, t("Refresh")),
  );
  const isWanted = wanted();
  rows = await standings();
  if (!isWanted()) return;
  const sheet = layOpen(
    { name: "tour", title: t("Tour") },
    el("div", { class: "tour-progress" }, bar, count, again),
    search,
    list,
    nothing,
    el("div", { class: "toggles" }, toggle("sound", t("Sound")), toggle("motion", t("Vibration, motion"))),
    el(
      "footer",
      { class: "sheet-foot" },
      pictureButton("load", t("Load parcels"), () => (sheet.close(), onLoad(), startShift()), { "data-load": "" }),
      pictureButton("record", t("My handovers"), () => showRecord(), { "data-record": "" }),
      shiftEnded()
        ? pictureButton("tour", t("Start the shift"), () => startShift().then(() => (sheet.close(), onShift())), {
            "data-begin": "",
          })
        : pictureButton("sign-out", t("End the shift"), () => confirmEnd(() => (sheet.close(), onShift())), {
            "data-end": "",
          }),
    ),
  );
  draw();
  onPull(sheet, refresh);
  await refresh();
}

/** @param {import("../lib/device/preferences.js").Preference} name @param {string} words */
function toggle(name, words) {
  const draw = () => {
    button.setAttribute("aria-pressed", String(!isOff(name)));
    button.replaceChildren(icon(isOff(name) ? `${name}-off` : name), el("span", {}, words));
  };
  const button = makeButton({
    class: "toggle",
    "data-toggle": name,
    onclick: () => (turnOff(name, !isOff(name)), draw()),
  });
  draw();
  return button;
}

/** @returns {Promise<Row[]>} */
export async function standings() {
  const [known, given, visits] = [await tour(), await givenUntold(), await visitsUntold()];
  const reasons = new Map(visits.map(({ reference, reason }) => [reference, reason]));
  return (known?.parcels ?? []).map((parcel) => ({
    parcel,
    standing: standingOf(parcel, given, reasons.get(parcel.reference)),
  }));
}

/**
 * Say how a stop stands, by what the service knows and what this phone has not told it yet.
 * @param {Carried} parcel
 * @param {import("../lib/handing/queue.js").Given} given
 * @param {string} [visited]
 * @returns {Standing}
 */
function standingOf(parcel, given, visited) {
  if (parcel.handed_over_at) return { state: "done", picture: "check", words: clock(parcel.handed_over_at) };
  if (given.has(parcel.reference))
    return { state: "done", picture: "no-connection", words: t("Handed over, not sent yet") };
  const reason = REASONS.find(({ reason: name }) => name === (visited ?? parcel.not_handed_over));
  if (reason) return { state: "visited", picture: reason.small, words: reason.words() };
  if (parcel.wished_point) return { state: "open", picture: "counter", words: parcel.wished_point };
  if (!parcel.code_required) return { state: "open", picture: "hand-over-small", words: t("No code needed") };
  const awaited = /** @type {Record<string, [string, string]>} */ ({
    failed: ["mail-failed", t("Email not delivered")],
    no_address: ["mail-failed", t("No email address known")],
    queued: ["mail", t("Email not sent yet")],
    sent: ["mail", t("Email not opened yet")],
  });
  const [picture, words] = awaited[parcel.awaited ?? ""] ?? ["show-code-small", t("Code needed")];
  return { state: "open", picture, words };
}

/** @param {Row} row @param {() => void} onTap */
function rowOf({ parcel, standing }, onTap) {
  const warns = standing.picture === "mail-failed";
  const street = [parcel.street, parcel.city].filter(Boolean).join(", ");
  return el(
    "li",
    {},
    makeButton(
      {
        class: `tour-row tour-${standing.state}${warns ? " tour-warns" : ""}`,
        "data-reference": parcel.reference,
        onclick: onTap,
      },
      el("bdi", { class: "stop-place", dir: "ltr" }, String(parcel.place)),
      el(
        "span",
        { class: "tour-stop" },
        parcel.name && el("strong", {}, el("bdi", {}, parcel.name)),
        street && el("span", {}, el("bdi", {}, street)),
        el("small", {}, el("bdi", { dir: "ltr" }, parcel.reference)),
      ),
      el("span", { class: "tour-standing" }, icon(standing.picture), el("span", {}, standing.words)),
    ),
  );
}

/** @param {() => void} ended */
async function confirmEnd(ended) {
  const isWanted = wanted();
  const count = await waiting();
  if (!isWanted()) return;
  const warning = count
    ? t("Not sent yet: %(count)s. They are kept and sent later.", { count })
    : t("This phone will forget the tour.");
  const sheet = layOpen(
    { name: "end", title: t("End the shift") },
    el("p", {}, warning),
    el(
      "footer",
      { class: "sheet-foot" },
      pictureButton("sign-out", t("End the shift"), () => endShift().then(() => (sheet.close(), ended())), {
        "data-end-now": "",
      }),
    ),
  );
}
