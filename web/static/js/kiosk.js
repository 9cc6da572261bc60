/** The kiosk in a browser: unattended, so the camera starts by itself and a verdict leaves by itself. */

import { Camera } from "./lib/camera.js";
import { Decoding } from "./lib/decoding.js";
import { one } from "./lib/dom.js";
import { Handing } from "./lib/handing.js";
import { KioskFace, VERDICT_SECONDS } from "./lib/kiosk-face.js";
import { unlockOnFirstTouch } from "./lib/sound.js";
import { VerdictScreen } from "./lib/verdict.js";
import { loadWords } from "./lib/words.js";

const RESTART_MS = 5000;
const RESUME_MS = 20000;

await loadWords();
unlockOnFirstTouch();
const face = new KioskFace();
const screen = new VerdictScreen({ forRecipient: true });
const handing = new Handing({
  screen,
  needsParcel: false,
  seconds: VERDICT_SECONDS,
  onChange: ({ asking }) => face.show(asking ? "asking" : "idle"),
});
const camera = new Camera(/** @type {HTMLVideoElement} */ (one("[data-video]")), {
  facing: "user",
  onState: (state) => {
    document.documentElement.dataset.camera = state;
    face.showPicture(state === "on");
    face.show(state === "on" || state === "starting" ? "idle" : "out_of_order");
    // Nobody is there to press anything: try again for as long as it takes.
    if (state !== "on" && state !== "starting") setTimeout(() => camera.start(), RESTART_MS);
  },
});
const decoding = new Decoding((symbols) => handing.see(symbols));
camera.start();
decoding.follow(camera);
handing.resume();
setInterval(() => handing.resume(), RESUME_MS);
