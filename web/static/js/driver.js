/** The driver's page: a parcel's label and its recipient's code, in either order, with network and without. */

import { DoorHanding } from "./lib/door.js";
import { buildHandingPage } from "./lib/handing-page.js";
import { tour } from "./lib/tour.js";
import { keepOnDevice } from "./lib/updating.js";
import { listenForScans } from "./lib/wedge.js";

let renew = () => {};

async function drawn() {
  const carried = await tour();
  document.documentElement.dataset.carried = String(carried?.parcels.length ?? 0);
  renew();
}

const { handing, keypad } = await buildHandingPage({ needsParcel: true, Kind: DoorHanding, onDrawn: drawn });
// Rugged handhelds scan by typing, too.
listenForScans({ onScan: (text) => handing.read(text), onKey: (key) => handing.busy || keypad.press(key) });
// The address may name a language; the kept page is found without it.
if (location.search) history.replaceState(null, "", location.pathname);
renew = await keepOnDevice(() => !handing.busy && !handing.parcels.length && !handing.code && !document.querySelector("dialog[open]"));
