/** The screen of the kiosk that has its own camera program: that program reads and asks, this page shows. */

import { one } from "./lib/dom.js";
import { KioskFace, VERDICT_SECONDS } from "./lib/kiosk-face.js";
import { unlockOnFirstTouch } from "./lib/sound.js";
import { VerdictScreen } from "./lib/verdict.js";
import { loadWords } from "./lib/words.js";

const PICTURE_AGAIN_MS = 3000;
// The program on this computer clears its own verdict; this is for the case that it dies meanwhile.
const LONGEST_SECONDS = VERDICT_SECONDS + 5;

const asked = new URLSearchParams(location.search).get("lang");
if (asked) document.documentElement.lang = asked;
await loadWords();
unlockOnFirstTouch();
const face = new KioskFace();
const screen = new VerdictScreen({ forRecipient: true });
const picture = /** @type {HTMLImageElement} */ (one("[data-picture]"));
let shown = "";

/** @param {{state: string, verdict: import("./lib/presentation.js").Verdict|null, hint?: string|null}} told */
function show(told) {
  if (told.state === "verdict" && told.verdict) {
    const id = JSON.stringify(told.verdict);
    if (id !== shown) screen.show(told.verdict, { seconds: LONGEST_SECONDS });
    shown = id;
    return;
  }
  shown = "";
  screen.close();
  face.show(told.state);
}

const states = new EventSource("/state");
states.onmessage = ({ data }) => show(JSON.parse(data));
states.onerror = () => show({ state: "out_of_order", verdict: null });

picture.addEventListener("load", () => face.showPicture(true));
picture.addEventListener("error", () => {
  face.showPicture(false);
  setTimeout(() => (picture.src = `/live.mjpeg?again=${Date.now()}`), PICTURE_AGAIN_MS);
});
picture.src = "/live.mjpeg";
