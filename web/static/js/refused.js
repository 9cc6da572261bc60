/** A page of the counter that is not for whoever works there: a colleague can sign in here. */

import { one } from "./lib/dom.js";
import { Shift } from "./lib/shift.js";
import { listenForScans } from "./lib/wedge.js";
import { loadWords } from "./lib/words.js";

await loadWords();
const shift = new Shift(one(".bar"));
listenForScans({ onScan: (text) => shift.takes(text) && shift.scan(text), onKey: (key) => shift.press(key) });
await shift.open();
