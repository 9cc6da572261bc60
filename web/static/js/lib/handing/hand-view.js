/** What the page shows as in hand: the stop, labels with what stands against them, and the code. */

import { timeNow } from "../service/clock-check.js";
import { depotLink } from "../depot.js";
import { el, focusKeeper, icon, makeButton } from "../dom.js";
import { clock, pageLanguage, t, wording } from "../words.js";

// Somebody who scans the same label again, or takes the next one for it.
const JUST_MS = 10 * 60_000;
const END_SHOWN = 4;

/** @typedef {import("./handing.js").Handing} Handing */
/** @typedef {import("./handing.js").Held} Held */

/** The newest label when this was drawn last, and what was told of it. */
let newest = "";

/**
 * Draw what is in hand.
 * @param {HTMLElement} hand
 * @param {Handing} handing
 * @param {() => void} typeLabel
 */
export function drawHand(hand, handing, typeLabel) {
  const keepFocus = hand.contains(document.activeElement) ? focusKeeper() : null;
  const remarks = handing.parcels.map((parcel) => remark(handing, parcel));
  const shown = [handing.headOfHand(), ...remarks, parcelSide(handing, typeLabel), codeSide(handing)];
  hand.replaceChildren(...shown.filter((each) => each !== null));
  keepFocus?.();
  const { reference, outcome } = handing.parcels.at(-1) ?? {};
  const latest = JSON.stringify([reference, outcome]);
  if (latest !== newest) hand.querySelector("[data-latest]")?.scrollIntoView({ block: "nearest" });
  newest = latest;
}

/**
 * Write a parcel's number; its end is what people compare.
 * @param {string} reference
 * @param {string} [className]
 * @param {number} [shown] how many signs its end has
 */
export function number(reference, className = "number", shown = END_SHOWN) {
  // A word is not taken apart.
  const from = /\d/.test(reference.slice(-shown)) ? Math.max(reference.length - shown, 0) : 0;
  return el(
    "bdi",
    { class: className, dir: "ltr" },
    el("span", {}, reference.slice(0, from)),
    el("strong", {}, reference.slice(from)),
  );
}

/** By how many signs at their end these numbers differ. @param {string[]} references */
function tellingEnd(references) {
  const longest = Math.max(0, ...references.map(({ length }) => length));
  let shown = END_SHOWN;
  while (shown < longest && new Set(references.map((each) => each.slice(-shown))).size < references.length) shown += 1;
  return shown;
}

/**
 * Tell what stands against handing a parcel over, as soon as its label was read; one tap does for one that needs no code.
 * @param {Handing} handing
 * @param {Held} parcel
 */
function remark(handing, parcel) {
  const { reference, handed_over_at: at, place } = parcel;
  const outcome = parcel.outcome ?? (parcel.other_tour ? "other_tour" : null);
  if (!outcome) return null;
  const look = wording(outcome, pageLanguage());
  // Of a label nothing but the house's block is told as revoked.
  const isBlocked = outcome === "revoked";
  const isJustGone = at && timeNow() - Date.parse(at) < JUST_MS;
  const word = isBlocked ? t("Parcel blocked") : isJustGone ? t("Just handed over") : look.word;
  const step = isJustGone ? t("Scan the next parcel") : look.step;
  // Only told: the parcel may still be handed over.
  const tone = parcel.outcome ? look.tone : "notice";
  const details = [at && t("Handed over at %(time)s", { time: clock(at) }), place, step].filter(Boolean).join(" · ");
  const call = look.callsDepot || isBlocked ? depotLink("remark-call") : null;
  const handOver = () => handing.handOverWithoutCode(parcel);
  const tap =
    outcome === "code_not_required"
      ? makeButton(
          { class: "button button-first remark-tap", "data-tap": reference, onclick: handOver },
          icon("hand-over-small"),
          t("Hand over"),
        )
      : null;
  return el(
    "div",
    { class: `remark remark-${tone}`, "data-remark": outcome, "data-latest": parcel === handing.parcels.at(-1) },
    icon(`mark-${tone}`),
    el("p", {}, el("strong", {}, word), el("bdi", { dir: "ltr" }, reference), tap ? null : el("span", {}, details)),
    putDownButton(handing, reference),
    tap,
    call,
  );
}

/** @param {Handing} handing @param {string} reference */
function putDownButton(handing, reference) {
  return makeButton(
    {
      class: "quiet-button",
      "aria-label": `${t("Set aside")}: ${reference}`,
      "data-put-down": reference,
      onclick: () => handing.putDown(reference),
    },
    icon("close"),
  );
}

/** @param {Handing} handing @param {() => void} typeLabel */
function parcelSide(handing, typeLabel) {
  const free = handing.parcels.filter(({ outcome }) => !outcome);
  const shown = tellingEnd(free.map(({ reference }) => reference));
  const chips = free.map(({ reference }) =>
    el(
      "div",
      { class: "chip", "data-latest": reference === handing.parcels.at(-1)?.reference },
      icon("parcel"),
      number(reference, "chip-number", shown),
      putDownButton(handing, reference),
    ),
  );
  const first = chips.length === 0;
  const next = first && handing.needsParcel;
  const slot = makeButton(
    { class: `slot${next ? " slot-next" : ""}`, "data-type": "", onclick: typeLabel },
    icon("label-small"),
    el("span", {}, first ? t("Scan the parcel") : t("Add a parcel")),
  );
  return el("div", { class: "chips", "data-parcels": "" }, ...chips, slot);
}

/** @param {Handing} handing */
function codeSide(handing) {
  // Nobody is to be asked for a code that is not needed.
  const needsCode = handing.parcels.some(({ outcome }) => outcome !== "code_not_required");
  if (handing.parcels.length && !needsCode) return null;
  if (handing.code) {
    const shown = "digits" in handing.code ? handing.code.digits : t("Code read");
    return el(
      "div",
      { class: "chips", "data-code": "full" },
      el(
        "div",
        { class: "chip" },
        icon("show-code-small"),
        el("bdi", {}, shown),
        makeButton(
          { class: "quiet-button", "aria-label": t("Set aside"), onclick: () => handing.forgetCode() },
          icon("close"),
        ),
      ),
    );
  }
  const next = handing.parcels.length > 0 || !handing.needsParcel;
  return el(
    "div",
    { class: "chips", "data-code": "" },
    el("div", { class: `slot${next ? " slot-next" : ""}` }, icon("show-code-small"), t("Scan or type the code")),
  );
}
