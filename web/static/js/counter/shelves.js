/** The shelves of a pickup point: what lies where, move, send back, count. */

import { sizePicture } from "./collection-view.js";
import { el, icon, makeButton, one } from "../lib/dom.js";
import { number } from "../lib/handing/hand-view.js";
import { askPoint, buildPickupPage, faultOf, forgetSoon, parcelPath, told } from "./pickup-page.js";
import { scrolling } from "../lib/scroll-sign.js";
import { play, tick } from "../lib/device/sound.js";
import { clock, t } from "../lib/words.js";

/** @typedef {import("./pickup-page.js").Stay} Stay */

/** @type {import("../lib/api-types.js").ShelfAnswer[]} */
let shelves = [];
/** @type {Stay[]} */
let stays = [];
/** @type {string | null} the shelf that is looked at; null: all; "" those that go back */
let shown = null;
/** @type {string | null} the parcel in hand, to be moved */
let chosen = null;
/** @type {Set<string> | null} the labels scanned so far, while a shelf is counted */
let counting = null;
/** @type {import("../lib/api-types.js").CountedAnswer | null} */
let counted = null;
/** @type {HTMLElement | null} */
let message = null;

const { typeLabel } = await buildPickupPage({ onLabel: take, onShelf: takeShelf, onOther: (other) => say(other) });
await load();

async function load() {
  const [point, parcels] = await Promise.all([askPoint(""), askPoint("/parcels")]);
  if (point.kind !== "answer" || parcels.kind !== "answer")
    return say(faultOf(point.kind === "answer" ? parcels : point));
  shelves = point.value.shelves;
  stays = parcels.value.stays;
  draw();
}

/** @param {string} reference */
function take(reference) {
  message = null;
  if (counting) {
    counting.add(reference);
    tick();
    return draw();
  }
  const stay = stays.find((each) => each.reference === reference);
  if (!stay) return say({ tone: "red", word: t("Not here") }, reference);
  chosen = reference;
  shown = stay.overdue && shown === "" ? "" : stay.shelf;
  tick();
  draw();
}

/** @param {string} name */
function takeShelf(name) {
  if (chosen) return move(chosen, name);
  look(name);
}

/** @param {string | null} name */
function look(name) {
  shown = name;
  counting = counted = chosen = message = null;
  draw();
}

/** @param {string} reference @param {string} shelf */
async function move(reference, shelf) {
  const reply = await askPoint(`${parcelPath(reference)}/shelf`, { shelf });
  if (reply.kind !== "answer") return say(faultOf(reply, { shelf: true }), reference);
  chosen = null;
  shown = reply.value.shelf;
  if (counted) counted.unexpected = counted.unexpected.filter((each) => each.reference !== reference);
  note("green", t("Now on shelf %(name)s", { name: reply.value.shelf }), reference);
  tick();
  await load();
}

/** @param {string} reference */
async function sendBack(reference) {
  const reply = await askPoint(`${parcelPath(reference)}/back`, {});
  if (reply.kind !== "answer") return say(faultOf(reply), reference);
  chosen = null;
  note("green", t("Goes back"), reference);
  tick();
  await load();
}

async function finishCount() {
  const reply = await askPoint(`/shelves/${encodeURIComponent(shown ?? "")}/count`, {
    references: [...(counting ?? [])],
  });
  if (reply.kind !== "answer") return say(faultOf(reply));
  counting = null;
  counted = reply.value;
  const right = !reply.value.missing.length && !reply.value.unexpected.length;
  play(right ? "green" : "red");
  message = null;
  if (right) note("green", t("All present: %(count)s", { count: reply.value.held }));
  draw();
}

/** @param {{tone: string, word: string}} fault @param {string} [reference] */
function say({ tone, word }, reference = "") {
  note(tone, word, reference);
  play(tone);
  draw();
}

/** @param {string} tone @param {string} word @param {string} [reference] */
function note(tone, word, reference) {
  message = told(tone, word, reference);
  forgetSoon(() => (message?.remove(), (message = null)));
}

function draw() {
  const late = stays.filter((stay) => stay.overdue);
  const listed = shown === "" ? late : shown === null ? stays : stays.filter((stay) => stay.shelf === shown);
  one("[data-work]").replaceChildren(
    scrolling(
      "shelves",
      el(
        "div",
        { class: "shelves", role: "group", "aria-label": t("Shelves") },
        shelfButton(null, t("All"), stays.length, null),
        shelfButton("", t("Goes back"), late.length, null),
        ...shelves.map((shelf) => shelfButton(shelf.name, shelf.name, shelf.held, shelf.room)),
      ),
    ),
    ...(message ? [message] : []),
    ...(chosen ? [el("p", { class: "invitation-line" }, icon("label-small"), t("Scan the new shelf, or tap it"))] : []),
    counting
      ? countView(counting)
      : counted
        ? countedView(counted)
        : scrolling(`stays ${shown}`, el("ol", { class: "collection-rows" }, ...listed.map(row))),
    choices(),
  );
}

/** @param {string | null} name @param {string} word @param {number} held @param {number | null} room */
function shelfButton(name, word, held, room) {
  const act = () => (chosen && name ? move(chosen, name) : look(name));
  return makeButton(
    { class: "shelf", "aria-pressed": String(shown === name), "data-shelf": name ?? "*", onclick: act },
    el("bdi", { class: "shelf-name" }, word),
    room
      ? el("meter", {
          min: 0,
          max: room,
          value: Math.min(held, room),
          high: room * 0.9,
          "aria-label": t("%(done)s of %(all)s", { done: held, all: room }),
        })
      : null,
    el("span", { class: "shelf-held", dir: "ltr" }, room ? `${held} / ${room}` : String(held)),
  );
}

/** @param {Stay} stay */
function row(stay) {
  const back = makeButton(
    { class: "button", "data-back": "", onclick: () => sendBack(stay.reference) },
    icon("step-back"),
    t("Goes back"),
  );
  const pick = makeButton(
    { class: "button", "data-move": "", onclick: () => take(stay.reference) },
    icon("move-small"),
    t("Move"),
  );
  return el(
    "li",
    {
      class: `collection-row${stay.overdue ? " row-late" : ""}${stay.reference === chosen ? " chosen" : ""}`,
      "data-reference": stay.reference,
      "data-latest": stay.reference === chosen,
    },
    el("bdi", { class: "place", dir: "ltr" }, stay.shelf ?? "–"),
    sizePicture(stay.size),
    number(stay.reference),
    el(
      "div",
      { class: "row-more" },
      el("time", { class: "row-date", datetime: stay.deadline }, clock(stay.deadline)),
      stay.overdue ? back : pick,
    ),
  );
}

/** @param {Set<string>} scanned */
function countView(scanned) {
  return el(
    "div",
    { class: "invitation", "data-counting": "" },
    icon("label"),
    t("Scan everything on shelf %(name)s", { name: shown ?? "" }),
    el("p", { class: "collection-count", "data-count": "" }, String(scanned.size)),
  );
}

/** @param {NonNullable<typeof counted>} found */
function countedView({ missing, unexpected }) {
  const here = shown ?? "";
  const known = (/** @type {string} */ reference) => stays.some((stay) => stay.reference === reference);
  const found = el(
    "ol",
    { class: "collection-rows", "data-counted": "" },
    ...missing.map((reference) => finding(reference, "red", t("Missing"), null)),
    ...unexpected.map(({ reference, shelf }) =>
      finding(
        reference,
        "amber",
        shelf ? t("Belongs on %(name)s", { name: shelf }) : known(reference) ? t("No shelf") : t("Not on record"),
        known(reference) ? makeButton({ class: "button", onclick: () => move(reference, here) }, t("Here now")) : null,
      ),
    ),
  );
  return scrolling("counted", found);
}

/** @param {string} reference @param {string} tone @param {string} word @param {HTMLElement | null} act */
function finding(reference, tone, word, act) {
  return el("li", { class: "finding", "data-finding": reference }, told(tone, word, reference), act);
}

function choices() {
  const start = () => ((counting = new Set()), (counted = message = chosen = null), draw());
  const stop = () => ((counting = null), draw());
  return el(
    "div",
    { class: "collection-choices" },
    makeButton({ class: "button", "data-type": "", onclick: typeLabel }, icon("keyboard-small"), t("Type the number")),
    counting ? makeButton({ class: "button", onclick: stop }, icon("close"), t("Cancel")) : null,
    counting
      ? makeButton({ class: "button button-first", "data-finish": "", onclick: finishCount }, icon("check"), t("Done"))
      : shown
        ? makeButton(
            { class: "button button-first", "data-count-shelf": "", onclick: start },
            icon("check"),
            t("Count"),
          )
        : null,
  );
}
