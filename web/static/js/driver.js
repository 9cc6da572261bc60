/** The driver's page: a parcel's label and its recipient's code, in either order, with network and without. */

import { showCard } from "./lib/card.js";
import { DoorHanding } from "./lib/door.js";
import { one } from "./lib/dom.js";
import { buildHandingPage } from "./lib/handing-page.js";
import { Loading } from "./lib/loading.js";
import { LABEL, Practice } from "./lib/practice.js";
import { givenUntold } from "./lib/queue.js";
import { showTour } from "./lib/tour-sheet.js";
import { tour } from "./lib/tour.js";
import { keepOnDevice } from "./lib/updating.js";
import { showVisit } from "./lib/visit-sheet.js";
import { listenForScans } from "./lib/wedge.js";
import { pageLanguage, t } from "./lib/words.js";

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

one("[data-tour]").addEventListener("click", () =>
  showTour({
    onTake: (reference) => door.takeParcel(reference, "choice"),
    onLoad: () => (door.clear(), door.loading?.start()),
    onShift: drawn,
  }),
);
one("[data-visit]").addEventListener("click", async () =>
  showVisit(
    door.parcels.map(({ reference }) => reference),
    { withPlace: Boolean((await tour())?.visit_place), onKept: () => (door.clear(), door.resume()) },
  ),
);
one("[data-card]").addEventListener("click", async () => {
  const reference = door.parcels[0]?.reference ?? null;
  const carried = (await tour())?.parcels.find((parcel) => parcel.reference === reference);
  showCard({ reference, language: carried?.recipient_language ?? pageLanguage() });
});

const sheetOpen = () => Boolean(document.querySelector("dialog[open]"));
// Rugged handhelds scan by typing, too.
listenForScans({ onScan: (text) => sheetOpen() || door.read(text), onKey: (key) => door.busy || sheetOpen() || page.keypad.press(key) });
// The address may name a language; the kept page is found without it.
if (location.search) history.replaceState(null, "", location.pathname);
// A page on the home screen of iOS loses its camera and its memory: it belongs into the browser.
if (/** @type {any} */ (navigator).standalone) {
  one("[data-start-word]").textContent = t("Open this page in the browser, not from the home screen.");
}
renew = await keepOnDevice(() => !door.busy && !door.parcels.length && !door.code && !door.loading?.on && !practice.on && !sheetOpen());
drawn();
