/** The counter's page: a hand scanner that types is enough; a code alone names its parcel. */

import { buildHandingPage } from "./lib/handing-page.js";
import { listenForScans } from "./lib/wedge.js";

const { handing, keypad } = await buildHandingPage({ needsParcel: false });
listenForScans({ onScan: (text) => handing.read(text), onKey: (key) => handing.busy || keypad.press(key) });
