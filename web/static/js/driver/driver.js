/** The driver's page: a parcel's label and its recipient's code, in either order, with network and without. */

import { showBanners } from "./banners.js";
import { showCard } from "./card.js";
import { DoorHanding } from "./door.js";
import { one } from "../lib/dom.js";
import { buildHandingPage } from "../lib/handing/handing-page.js";
import { closeSheets, wanted } from "../lib/sheet.js";
import { Loading } from "./loading.js";
import { LABEL, Practice } from "../lib/handing/practice.js";
import { givenUntold } from "../lib/handing/queue.js";
import { showStop } from "./stop-sheet.js";
import { showTour, standings } from "./tour-sheet.js";
import { onForgotten, tour } from "./tour.js";
import { offerUndo } from "./undo.js";
import { keepOnDevice } from "./updating.js";
import { showVisit } from "./visit-sheet.js";
import { listenForScans } from "../lib/scanning/wedge.js";
import { pageLanguage, t } from "../lib/words.js";

let renew = () => {};

async function drawn() {
  const [known, given] = [await tour(), await givenUntold().catch(() => new Set())];
  const parcels = known?.parcels ?? [];
  const done = parcels.filter(({ reference, handed_over_at: at }) => at || given.has(reference)).length;
  document.documentElement.dataset.carried = String(parcels.length);
  one("[data-progress]").textContent = parcels.length ? `${done}/${parcels.length}` : "";
  if (handing) one("[data-visit]").hidden = !handing.parcels.length || Boolean(handing.practice?.on);
  renew();
}

/** @type {DoorHanding | null} */
let handing = null;
const page = await buildHandingPage({ needsParcel: true, Kind: DoorHanding, onDrawn: drawn });
const door = /** @type {DoorHanding} */ (page.handing);
handing = door;
door.loading = new Loading(one(".picture"), () => drawn());
const practice = new Practice(one(".picture"), {
  onStart: () => (door.loading?.on && door.loading.end(), door.clear()),
  onLabel: () => door.takeParcel(LABEL, "label"),
  onCode: (code) => door.takeCode(code),
  onVisit: () => showVisit([], { withPlace: false, onKept: () => (door.clear(), practice.done("visit")) }),
  onEnd: () => door.clear(),
});
door.practice = practice;
one("[data-practice]").addEventListener("click", () => practice.start());

showBanners();
onForgotten(() => (closeSheets(), drawn()));

/**
 * Ask why nothing was handed over; it is noted at once, and can be taken back for some seconds.
 * @param {string[]} references
 * @param {() => void} [redraw]
 */
async function notHandedOver(references, redraw = () => {}) {
  const held = door.parcels;
  const changed = () => (redraw(), drawn());
  const isWanted = wanted();
  const withPlace = Boolean((await tour())?.visit_place);
  if (!isWanted()) return;
  showVisit(references, {
    withPlace,
    onKept: (visits, reason) => {
      for (const reference of references) door.putDown(reference);
      changed();
      offerUndo(visits, reason, {
        onUndone: () => (door.takeBack(held), changed()),
        onOver: () => door.resume().then(changed),
      });
    },
  });
}

/** @param {import("./stops.js").Carried} parcel @param {() => void} [redraw] @param {boolean} [isInHand] */
async function openStop(parcel, redraw, isInHand = false) {
  const isWanted = wanted();
  const row = (await standings()).find(({ parcel: { reference } }) => reference === parcel.reference);
  const known = await tour();
  if (!row || !known || !isWanted()) return;
  const take = () => {
    closeSheets();
    door.takeParcel(parcel.reference, "choice");
  };
  showStop(row.parcel, {
    standing: row.standing,
    calls: known.driver_calls,
    onTake: isInHand ? null : take,
    onVisit: () => notHandedOver([parcel.reference], redraw),
  });
}

door.onStop = (/** @type {import("./stops.js").Carried} */ stop) => openStop(stop, undefined, true);
one("[data-tour]").addEventListener("click", () =>
  showTour({
    onStop: ({ parcel }, redraw) => openStop(parcel, redraw),
    onLoad: () => (door.clear(), door.loading?.start()),
    onShift: drawn,
  }),
);
one("[data-visit]").addEventListener("click", () => notHandedOver(door.parcels.map(({ reference }) => reference)));
one("[data-card]").addEventListener("click", async () => {
  const isWanted = wanted();
  const reference = door.parcels[0]?.reference ?? null;
  const carried = (await tour())?.parcels.find((parcel) => parcel.reference === reference);
  if (isWanted()) showCard({ reference, language: carried?.recipient_language ?? pageLanguage() });
});

const sheetOpen = () => Boolean(document.querySelector("dialog[open]"));
// Rugged handhelds scan by typing, too; whoever scans has done with the sheet that is open.
listenForScans({
  onScan: (text) => document.querySelector("dialog.ask[open]") || (closeSheets(), door.scan(text)),
  onKey: (key) => !door.busy && !sheetOpen() && page.keypad.press(key),
});
document.documentElement.dataset.listening = "";
// The address may name a language; the kept page is found without it.
if (location.search) history.replaceState(null, "", location.pathname);
// A page on the home screen of iOS loses its camera and its memory: it belongs into the browser.
if (/** @type {any} */ (navigator).standalone) {
  one("[data-start-word]").textContent = t("Open this page in the browser, not from the home screen.");
}
renew = await keepOnDevice(
  () => !door.busy && !door.parcels.length && !door.code && !door.loading?.on && !practice.on && !sheetOpen(),
);
drawn();
