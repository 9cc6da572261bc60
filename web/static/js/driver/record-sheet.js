/** The driver's own record of the last days: handovers with their proofs to keep, and visits that ended otherwise. */

import { ask } from "../lib/service/api.js";
import { el, icon } from "../lib/dom.js";
import { readablePlace } from "../lib/device/place.js";
import { layOpen } from "../lib/sheet.js";
import { troubleOf } from "../lib/service/trouble.js";
import { REASONS } from "./visit-sheet.js";
import { clock, t } from "../lib/words.js";

/** @typedef {import("../lib/api-types.js").HandoverAnswer} Handover */
/** @typedef {import("../lib/api-types.js").VisitAnswer} Visit */

/** Show it, newest first. Never a count or a score. */
export async function showRecord() {
  const list = el("ul", { class: "tour-list" });
  const said = el("p", { class: "quiet", role: "status" }, t("Checking …"));
  layOpen({ name: "record", title: t("My handovers") }, list, said);
  const reply = await ask("/api/v1/handovers");
  const { handovers = [], visits = [] } = reply.kind === "answer" ? reply.value : {};
  const rows = [
    ...handovers.map((/** @type {Handover} */ each) => ({ at: each.handed_over_at, row: handoverRow(each) })),
    ...visits.map((/** @type {Visit} */ each) => ({ at: each.attempted_at, row: visitRow(each) })),
  ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const nothing = troubleOf(reply)?.words ?? t("Nothing handed over yet");
  list.replaceChildren(...rows.map(({ row }) => row));
  said.textContent = rows.length ? "" : nothing;
}

/** @param {Handover} handover */
function handoverRow({ reference, handed_over_at: at, match_number: number, proof_pdf: address }) {
  const share = el(
    "a",
    {
      class: "button button-small",
      href: address,
      download: "",
      "aria-label": t("Share the receipt of %(reference)s", { reference }),
      "data-receipt": reference,
      onclick: (/** @type {Event} */ event) =>
        canShareFiles() && (event.preventDefault(), shareReceipt(share, reference)),
    },
    icon("record"),
    t("Receipt"),
  );
  return el(
    "li",
    { class: "record-row" },
    el("span", { class: "record-number", dir: "ltr" }, number),
    el("span", {}, el("bdi", { dir: "ltr" }, reference), el("small", {}, clock(at))),
    share,
  );
}

const PDF = "application/pdf";

/** Where files cannot be shared, the link keeps the file on the phone. */
const canShareFiles = () => Boolean(navigator.canShare?.({ files: [new File([""], "receipt.pdf", { type: PDF })] }));

/**
 * Hand the receipt to another program of the phone.
 * @param {HTMLElement} link
 * @param {string} reference
 */
async function shareReceipt(link, reference) {
  const address = link.getAttribute("href") ?? "";
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) return location.assign(address);
    const file = new File([await answer.blob()], `proof-${reference.replace(/[^A-Z0-9]/g, "-")}.pdf`, { type: PDF });
    await navigator.share({ files: [file], title: t("Receipt") });
  } catch (error) {
    // Whoever put the list of programs away wants nothing more.
    if (!(error instanceof DOMException && error.name === "AbortError")) location.assign(address);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

/** @param {Visit} visit */
function visitRow({ reference, reason: name, attempted_at: at, place }) {
  const reason = REASONS.find(({ reason: each }) => each === name);
  return el(
    "li",
    { class: "record-row" },
    el("span", { class: "record-reason" }, icon(reason?.picture ?? "refused")),
    el(
      "span",
      {},
      el("bdi", { dir: "ltr" }, reference),
      el("small", {}, `${reason ? reason.words() : name} · ${clock(at)}`),
      place && el("small", { dir: "ltr" }, readablePlace(place)),
    ),
  );
}
