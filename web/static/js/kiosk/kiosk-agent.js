/** The screen of the kiosk that has its own camera program: that program reads and asks, this page shows. */

import { ask } from "../lib/service/api.js";
import { one } from "../lib/dom.js";
import { keepWithin } from "./kiosk-bounds.js";
import { KioskKeypad } from "./kiosk-keypad.js";
import { KioskFace, speakHomeLanguage, VERDICT_SECONDS } from "./kiosk-face.js";
import { KioskSettings } from "./kiosk-settings.js";
import { nextAtKiosk } from "./kiosk-verdict.js";
import { unlockOnFirstTouch } from "../lib/device/sound.js";
import { VerdictScreen } from "../lib/handing/verdict.js";
import { loadWords, pageLanguage, wording } from "../lib/words.js";

const PICTURE_AGAIN_MS = 3000;
// The program on this computer clears its own verdict; this is for the case that it dies meanwhile.
const LONGEST_SECONDS = VERDICT_SECONDS + 5;

keepWithin();
speakHomeLanguage();
const asked = new URLSearchParams(location.search).get("lang");
if (asked) document.documentElement.lang = asked;
await loadWords();
document.documentElement.dir = wording("accepted", pageLanguage()).direction;
unlockOnFirstTouch();
const face = new KioskFace();
const screen = new VerdictScreen({ forRecipient: true, next: nextAtKiosk });
const settings = new KioskSettings();
const keypad = new KioskKeypad({ isBusy: () => isBusy, present: sendTyped });
const picture = /** @type {HTMLImageElement} */ (one("[data-picture]"));
let shown = "";
let isBusy = false;

/** @param {{state: string, verdict: import("../lib/handing/presentation.js").Verdict|null, hint?: string|null, waiting?: number, boxes?: boolean, keypad?: boolean}} told */
function show(told) {
  isBusy = told.state === "asking" || told.state === "verdict";
  face.showWaiting(told.waiting ?? 0);
  face.tellStory(told.boxes ? "box" : "shelf");
  keypad.allow(told.keypad === true && told.state !== "out_of_order");
  if (isBusy) keypad.close();
  if (told.state === "verdict" && told.verdict) {
    settings.close();
    const id = JSON.stringify(told.verdict);
    if (id !== shown) screen.show(told.verdict, { seconds: LONGEST_SECONDS });
    shown = id;
    return;
  }
  shown = "";
  screen.close();
  face.show(told.state, told.hint);
}

/** The program on this computer presents it, and says what came of it. @param {import("./kiosk-keypad.js").Typed} typed */
async function sendTyped(typed) {
  const reply = await ask("/typed", { method: "POST", json: typed });
  if (reply.kind !== "answer") screen.show({ outcome: "service_trouble" }, { seconds: VERDICT_SECONDS });
}

const states = new EventSource("/state");
states.onmessage = (/** @type {MessageEvent<string>} */ { data }) => show(JSON.parse(data));
states.onerror = () => show({ state: "out_of_order", verdict: null });

picture.addEventListener("load", () => face.showPicture(true));
picture.addEventListener("error", () => {
  face.showPicture(false);
  setTimeout(() => (picture.src = `/live.mjpeg?again=${Date.now()}`), PICTURE_AGAIN_MS);
});
picture.src = "/live.mjpeg";
