/** A page of the counter that is not for whoever works there: a colleague can sign in here. */

import { connectLanguage } from "../lib/language-choice.js";
import { Shift } from "./shift.js";
import { listenForScans } from "../lib/scanning/wedge.js";
import { loadWords } from "../lib/words.js";

await loadWords();
connectLanguage();
const shift = new Shift();
listenForScans({ onScan: (text) => shift.takes(text) && shift.scan(text), onKey: (key) => shift.press(key) });
await shift.open();
