/** The driver's page: a parcel's label and its recipient's code, in either order. */

import { buildHandingPage } from "./lib/handing-page.js";
import { listenForScans } from "./lib/wedge.js";

const { handing, keypad } = await buildHandingPage({ needsParcel: true });
// Rugged handhelds scan by typing, too.
listenForScans({ onScan: (text) => handing.read(text), onKey: (key) => handing.busy || keypad.press(key) });
