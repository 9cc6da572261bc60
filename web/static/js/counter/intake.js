/** Intake at a pickup point: scan a label, put the parcel where the large number says. */

import { sizePicture } from "./collection-view.js";
import { el, icon, makeButton, one } from "../lib/dom.js";
import { number } from "../lib/handing/hand-view.js";
import { askPoint, buildPickupPage, faultOf, forgetSoon, parcelPath, told } from "./pickup-page.js";
import { AT_INTAKE, LABEL, Practice, SHELF, startedByAddress } from "../lib/handing/practice.js";
import { scrolling } from "../lib/scroll-sign.js";
import { play, tick } from "../lib/device/sound.js";
import { t } from "../lib/words.js";

/** @typedef {import("../lib/api-types.js").TakenInAnswer} Taken */

/** @typedef {import("./pickup-page.js").Fault & {reference: string}} Fault */

/** @type {Taken["size"][]} */
const SIZES = ["S", "M", "L", "XL"];
const LISTED = 6;

/** @type {Taken["size"]} */
let size = "M";
/** @type {Fault | null} */
let fault = null;
/** @type {Taken[]} the newest first */
let taken = [];
let count = 0;
/** @type {Taken | null} the practice parcel, of which nobody hears */
let practised = null;
/** @type {Practice | null} */
let practice = null;

const { typeLabel } = await buildPickupPage({
  onLabel: takeIn,
  onShelf: moveLast,
  onOther: (other) => tellFault({ ...other, reference: "" }),
});
practice = new Practice(
  one(".picture"),
  { onStart: () => show(null), onLabel: () => takeIn(LABEL), onShelf: () => moveLast(SHELF), onEnd: () => show(null) },
  AT_INTAKE,
);
draw();
startedByAddress(practice, () => false);

/**
 * Show how the practice parcel is taken in; null puts it away.
 * @param {Taken | null} stay
 */
function show(stay) {
  practised = stay;
  fault = null;
  if (stay) tick();
  draw();
}

/** @param {string} reference */
async function takeIn(reference) {
  if (reference === LABEL) return practise();
  // A real parcel is never part of practice.
  if (practice?.on) practice.end();
  const reply = await askPoint("/parcels", { reference, size });
  if (reply.kind !== "answer") return tellFault({ ...faultOf(reply), reference });
  count += reply.value.again ? 0 : 1;
  enter(reply.value);
}

function practise() {
  if (!practice?.on) practice?.start();
  show({
    reference: LABEL,
    shelf: SHELF,
    hatch: false,
    size,
    arrived_at: "",
    deadline: "",
    overdue: false,
    again: false,
  });
  practice?.done("label");
}

/** The shelf's label right after a parcel's says that it was put there. @param {string} shelf */
async function moveLast(shelf) {
  if (practised) {
    show({ ...practised, shelf });
    return practice?.done("shelf");
  }
  const [last] = taken;
  if (!last) return tellFault({ tone: "red", word: t("Scan the parcel first"), reference: shelf });
  const reply = await askPoint(`${parcelPath(last.reference)}/shelf`, { shelf });
  if (reply.kind !== "answer") return tellFault({ ...faultOf(reply, { shelf: true }), reference: shelf });
  enter({ ...reply.value, again: false });
}

/** @param {Taken} stay */
function enter(stay) {
  fault = stay.shelf
    ? null
    : { tone: "amber", word: t("No shelf is free. Scan the shelf where you put it."), reference: "" };
  taken = [stay, ...taken.filter(({ reference }) => reference !== stay.reference)].slice(0, LISTED);
  if (fault) play("amber");
  else tick();
  draw();
}

/** @param {Fault} said */
function tellFault(said) {
  fault = said;
  play(said.tone);
  draw();
  forgetSoon(() => fault === said && ((fault = null), draw()));
}

function draw() {
  const [last, ...before] = practised ? [practised, ...taken] : taken;
  one("[data-work]").replaceChildren(
    el("div", { class: "sizes", role: "group", "aria-label": t("Size") }, ...SIZES.map(sizeButton)),
    ...(fault ? [told(fault.tone, fault.word, fault.reference)] : []),
    last ? result(last) : invitation(),
    scrolling("taken", el("ol", { class: "collection-rows" }, ...before.map(row))),
    el(
      "div",
      { class: "collection-choices" },
      el(
        "p",
        { class: "taken-in" },
        t("Checked in"),
        el("bdi", { class: "collection-count", dir: "ltr", "data-count": "" }, String(count)),
      ),
      makeButton(
        { class: "button", "data-type": "", onclick: typeLabel },
        icon("keyboard-small"),
        t("Type the number"),
      ),
    ),
  );
}

/** @param {Taken["size"]} each */
function sizeButton(each) {
  const choose = () => ((size = each), draw());
  return makeButton(
    { class: "size-button", "aria-pressed": String(each === size), onclick: choose },
    sizePicture(each),
  );
}

function invitation() {
  return el("p", { class: "invitation" }, icon("label"), t("Scan the parcel"));
}

/** @param {Taken} stay */
function result(stay) {
  const note = stay.again ? t("Already here") : stay === practised ? t("Practice") : t("The recipient will be told");
  const picture = stay.again ? "record" : stay === practised ? "practice" : "mail";
  return el(
    "div",
    { class: "placed", "data-placed": stay.reference },
    el("bdi", { class: "place place-large", dir: "ltr" }, stay.shelf ?? "–"),
    el(
      "div",
      {},
      number(stay.reference),
      sizePicture(stay.size),
      el("p", { class: "placed-note" }, icon(picture), note),
    ),
  );
}

/** @param {import("./pickup-page.js").Stay} stay */
function row(stay) {
  return el(
    "li",
    { class: "collection-row" },
    el("bdi", { class: "place", dir: "ltr" }, stay.shelf ?? "–"),
    sizePicture(stay.size),
    number(stay.reference),
    el("span", {}),
  );
}
