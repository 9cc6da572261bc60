/** What the counter shows of a list: large shelf numbers, sizes as pictures, ticks, and what is wrong in plain words. */

import { el, icon } from "../lib/dom.js";
import { scrolling } from "../lib/scroll-sign.js";
import { t } from "../lib/words.js";

const END_SHOWN = 4;

/**
 * Draw the list.
 * @param {import("./collecting.js").Collecting} handing
 * @returns {HTMLElement}
 */
export function collectionView(handing) {
  const collection = /** @type {import("./collecting.js").Collection} */ (handing.collection);
  const done = handing.fetched.length;
  const all = collection.parcels.length;
  return el(
    "section",
    { class: "collection", "data-collection": "", "aria-label": t("Parcels to fetch") },
    head(handing, collection),
    handing.wrong ? wrongParcel(handing.wrong) : null,
    scrolling("fetch", el("ol", { class: "collection-rows" }, ...collection.parcels.map((each) => row(each, handing)))),
    collection.others
      ? el(
          "p",
          { class: "collection-others" },
          icon("other-parcel"),
          t("%(count)s more, each with a code of its own", { count: collection.others }),
        )
      : null,
    el(
      "div",
      { class: "collection-choices" },
      el(
        "button",
        { type: "button", class: "button", "data-cancel": "", onclick: () => handing.clear() },
        icon("close"),
        t("Cancel"),
      ),
      el(
        "button",
        {
          type: "button",
          class: "button button-first",
          "data-release": "",
          disabled: done === 0,
          onclick: () => handing.release(),
        },
        icon("hand-over"),
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
          el("p", { class: "collection-name" }, icon("hand-over"), el("bdi", {}, collection.holder ?? "")),
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

/** @param {string} reference */
function wrongParcel(reference) {
  return el(
    "p",
    { class: "collection-wrong", role: "alert" },
    icon("mark-red"),
    el("strong", {}, t("Wrong parcel")),
    el("bdi", { dir: "ltr" }, reference),
  );
}

/** @param {import("./collecting.js").Waiting} parcel @param {import("./collecting.js").Collecting} handing */
function row(parcel, handing) {
  const fetched = handing.parcels.some(({ reference }) => reference === parcel.reference);
  const isLatest = handing.parcels.at(-1)?.reference === parcel.reference;
  const place = parcel.elsewhere
    ? el("span", { class: "place place-away" }, t("Waits at %(point)s", { point: parcel.elsewhere }))
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
      fetched ? icon("check") : icon("label"),
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

/** The end of a number is what people compare. @param {string} reference */
export function number(reference) {
  return el(
    "bdi",
    { class: "number", dir: "ltr" },
    reference.slice(0, -END_SHOWN),
    el("strong", {}, reference.slice(-END_SHOWN)),
  );
}
