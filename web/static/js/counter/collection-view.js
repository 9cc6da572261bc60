/** What the counter shows of a list: large shelf numbers, sizes as pictures, ticks, and what is wrong in plain words. */

import { el, icon, makeButton } from "../lib/dom.js";
import { number } from "../lib/handing/hand-view.js";
import { scrolling } from "../lib/scroll-sign.js";
import { pageLanguage, spokenIn, t, tIn } from "../lib/words.js";

/**
 * Draw the list.
 * @param {import("./collecting.js").Collecting} handing
 * @param {() => void} typeLabel
 * @returns {HTMLElement}
 */
export function collectionView(handing, typeLabel) {
  const collection = /** @type {import("./collecting.js").Collection} */ (handing.collection);
  const done = handing.fetched.length;
  const all = collection.parcels.length;
  return el(
    "section",
    { class: "collection", "data-collection": "", "aria-label": t("Parcels to fetch") },
    head(handing, collection),
    handing.wrong ? wrongParcel(handing.wrong, collection.recipient_language) : null,
    handing.stray ? noLabel() : null,
    scrolling("fetch", el("ol", { class: "collection-rows" }, ...collection.parcels.map((each) => row(each, handing)))),
    elsewhere(collection),
    collection.others
      ? el(
          "p",
          { class: "collection-others" },
          icon("parcel"),
          t("%(count)s more, each with a code of its own", { count: collection.others }),
        )
      : null,
    el(
      "div",
      { class: "collection-choices" },
      makeButton({ class: "button", "data-cancel": "", onclick: () => handing.clear() }, icon("close"), t("Cancel")),
      makeButton(
        { class: "button", "data-fetch-typed": "", onclick: typeLabel },
        icon("keyboard-small"),
        t("Type the number"),
      ),
      makeButton(
        { class: "button button-first", "data-release": "", disabled: done === 0, onclick: () => handing.release() },
        icon("hand-over-small"),
        t("Hand over %(done)s of %(all)s", { done, all }),
      ),
    ),
  );
}

/** @param {import("./collecting.js").Collecting} handing @param {import("./collecting.js").Collection} collection */
function head(handing, collection) {
  const count = `${collection.handed_over + handing.fetched.length} / ${Math.max(collection.of, collection.parcels.length)}`;
  const whose =
    collection.holder_kind === "delegate"
      ? [
          el("p", { class: "collection-name" }, icon("hand-over-small"), el("bdi", {}, collection.holder ?? "")),
          el("p", { class: "collection-for" }, t("for %(name)s", { name: collection.recipient ?? "" })),
        ]
      : [el("p", { class: "collection-name" }, el("bdi", {}, collection.recipient ?? ""))];
  return el(
    "header",
    { class: "collection-head", "data-holder": collection.holder_kind },
    el("div", {}, ...whose),
    el("p", { class: "collection-count", dir: "ltr", "data-count": "" }, count),
  );
}

function noLabel() {
  const words = el("strong", {}, t("That is not a parcel label"));
  return el("p", { class: "told told-amber", role: "alert", "data-stray": "" }, icon("mark-amber"), words);
}

/** Tell both people, each in their language. @param {string} reference @param {string | null} theirs */
function wrongParcel(reference, theirs) {
  const isTheirs = theirs && theirs !== pageLanguage();
  return el(
    "p",
    { class: "collection-wrong", role: "alert" },
    icon("mark-red"),
    el("strong", {}, t("Wrong parcel")),
    el("bdi", { dir: "ltr" }, reference),
    isTheirs ? el("span", spokenIn(theirs), tIn(theirs, "That is a different parcel. One moment.")) : null,
  );
}

/** The rows say it to who works here; this says it to the recipient. @param {import("./collecting.js").Collection} collection */
function elsewhere({ parcels, recipient_language: theirs }) {
  const count = parcels.filter((parcel) => parcel.elsewhere).length;
  if (!count || !theirs || theirs === pageLanguage()) return null;
  const words = tIn(theirs, "%(count)s at another pickup point", { count });
  return el("p", { class: "collection-others", ...spokenIn(theirs) }, icon("not-here"), words);
}

/** @param {import("./collecting.js").Waiting} parcel @param {import("./collecting.js").Collecting} handing */
function row(parcel, handing) {
  const fetched = handing.parcels.some(({ reference }) => reference === parcel.reference);
  const isLatest = handing.parcels.at(-1)?.reference === parcel.reference;
  const place = parcel.elsewhere
    ? el("span", { class: "place place-away" }, t("Waiting at %(point)s", { point: parcel.elsewhere }))
    : el(
        "bdi",
        {
          class: "place",
          dir: "ltr",
          "aria-label": parcel.shelf ? t("Shelf %(name)s", { name: parcel.shelf }) : t("No shelf"),
        },
        parcel.shelf ?? "–",
      );
  return el(
    "li",
    {
      class: `collection-row${fetched ? " collection-fetched" : ""}`,
      "data-reference": parcel.reference,
      "data-latest": isLatest,
    },
    place,
    parcel.size ? sizePicture(parcel.size) : el("span", {}),
    number(parcel.reference),
    el(
      "span",
      { class: "collection-tick" },
      fetched ? icon("check") : icon("label-small"),
      el("span", { class: "only-heard" }, fetched ? t("Fetched") : t("To fetch")),
    ),
  );
}

/** @param {string} size */
export function sizePicture(size) {
  return el(
    "span",
    { class: `size size-${size}` },
    icon("parcel", "size-picture"),
    el("span", { class: "size-letter" }, size),
  );
}
