/** The kiosk in a browser: unattended, so the camera starts by itself and a verdict leaves by itself. */

import { ask } from "../lib/service/api.js";
import { Camera } from "../lib/scanning/camera.js";
import { Decoding } from "../lib/decoding/decoding.js";
import { one } from "../lib/dom.js";
import { Handing } from "../lib/handing/handing.js";
import { keepWithin } from "./kiosk-bounds.js";
import { KioskKeypad } from "./kiosk-keypad.js";
import { KioskFace, speakHomeLanguage, VERDICT_SECONDS } from "./kiosk-face.js";
import { KioskSettings } from "./kiosk-settings.js";
import { presentTyped } from "./kiosk-typed.js";
import { nextAtKiosk } from "./kiosk-verdict.js";
import { pending } from "../lib/handing/presentation.js";
import { unlockOnFirstTouch } from "../lib/device/sound.js";
import { whyNotHere } from "../lib/service/trouble.js";
import { VerdictScreen } from "../lib/handing/verdict.js";
import { loadWords } from "../lib/words.js";

const RESTART_MS = 5000;
const RESUME_MS = 20000;
const SIGN_MS = 30000;

let stopped = false;
let keypadAllowed = false;

keepWithin();
speakHomeLanguage();
await loadWords();
unlockOnFirstTouch();
const face = new KioskFace();
const screen = new VerdictScreen({ forRecipient: true, next: nextAtKiosk });
const handing = new Handing({
  screen,
  needsParcel: false,
  seconds: VERDICT_SECONDS,
  onChange: ({ asking }) => {
    if (asking) settings.close();
    if (asking) keypad.close();
    face.show(stopped ? "out_of_order" : asking ? "asking" : "idle");
  },
});
const camera = new Camera(/** @type {HTMLVideoElement} */ (one("[data-video]")), {
  facing: "user",
  onState: (state) => {
    document.documentElement.dataset.camera = state;
    face.showPicture(state === "on");
    face.show(!stopped && (state === "on" || state === "starting") ? "idle" : "out_of_order");
    // Nobody is there to press anything: try again for as long as it takes.
    if (!isUnderWay(state))
      setTimeout(() => isUnderWay(document.documentElement.dataset.camera) || camera.start(), RESTART_MS);
  },
});
const settings = new KioskSettings({ camera, onOrder: showOrder, onSignedOff: () => location.replace("/kiosk") });
const keypad = new KioskKeypad({ isBusy: () => handing.busy, present: (typed) => presentTyped(handing, typed) });
const decoding = new Decoding(
  (symbols) => stopped || handing.see(symbols),
  () => handing.enough,
);
camera.start();
decoding.follow(camera);
handing.resume();
setInterval(() => handing.resume(), RESUME_MS);
giveSign();
setInterval(giveSign, SIGN_MS);

/** @param {string | undefined} state of the camera */
function isUnderWay(state) {
  return state === "on" || state === "starting";
}

/** Tell the office that this kiosk lives, and hear whether it is to be out of order. */
async function giveSign() {
  const on = document.documentElement.dataset.camera === "on";
  const waiting = (await pending().catch(() => [])).length;
  const json = { camera: on ? "on" : "lost", waiting };
  const reply = await ask("/api/v1/devices/me/signs", { method: "POST", json });
  face.showWaiting(waiting);
  // What the service takes nothing from invites nobody; whoever set it up again finds it in order.
  if (reply.kind === "problem" && whyNotHere(reply.slug)) return showOrder(true);
  if (reply.kind !== "answer") return;
  face.tellStory(reply.value.boxes ? "box" : "shelf");
  keypadAllowed = reply.value.keypad;
  if (reply.value.out_of_order !== stopped) showOrder(reply.value.out_of_order);
  else allowKeypad();
}

/** @param {boolean} outOfOrder taken out of order in the office or by the settings, or put back */
function showOrder(outOfOrder) {
  stopped = outOfOrder;
  allowKeypad();
  face.show(stopped || document.documentElement.dataset.camera !== "on" ? "out_of_order" : "idle");
}

/** Nobody types in vain where nothing is handed out. */
function allowKeypad() {
  keypad.allow(keypadAllowed && !stopped);
}
