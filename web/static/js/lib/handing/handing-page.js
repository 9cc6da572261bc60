/** The page that the driver and the counter share: camera, what is in hand, keypad, photograph, verdict. */

import { Camera } from "../scanning/camera.js";
import { hideCameraHelp, showCameraHelp } from "../scanning/camera-help.js";
import { differenceWords, onClock, wrongClock } from "../service/clock-check.js";
import { isUnknown, onStanding } from "../service/network.js";
import { self } from "../device/device.js";
import { Decoding } from "../decoding/decoding.js";
import { el, every, icon, one } from "../dom.js";
import { drawHand } from "./hand-view.js";
import { Handing } from "./handing.js";
import { Hints } from "../scanning/hints.js";
import { keypadOn } from "./keypad.js";
import { connectLanguage } from "../language-choice.js";
import { showPreferences } from "../device/preferences.js";
import { waiting as waitingCount } from "./queue.js";
import { play, unlockOnFirstTouch } from "../device/sound.js";
import { sort } from "./payload.js";
import { asReference } from "./tracking-number.js";
import { VerdictScreen } from "./verdict.js";
import { clock, keyLostWords, loadWords, t } from "../words.js";

const ASKING_SHOWN_AFTER_MS = 350;

/**
 * Build the page.
 * @param {{needsParcel: boolean, Kind?: typeof Handing, onDrawn?: (handing: Handing) => void}} options
 */
export async function buildHandingPage({ needsParcel, Kind = Handing, onDrawn }) {
  await loadWords();
  showPreferences();
  unlockOnFirstTouch();
  const screen = new VerdictScreen();
  const handing = new Kind({ screen, needsParcel, onChange: draw });
  const keypad = keypadOn((digits) => handing.takeCode({ digits }));
  const hints = new Hints(one("[data-hint]"), () => decoding.look(camera));
  const decoding = new Decoding(
    (symbols) => {
      if (symbols.length) hints.quiet();
      handing.see(symbols);
    },
    () => handing.enough,
  );
  const camera = connectCamera(decoding, hints);
  connectPhoto(decoding, handing, hints);
  connectLanguage();
  if (needsParcel) handing.onStray = () => (play("amber"), hints.tell("label", t("That is not a parcel label")));
  const typeLabel = connectTypedLabel(handing);
  showWrongClock();
  showLostKey();
  const waiting = el("div", { class: "waiting", role: "status", hidden: true }, t("Checking …"));
  document.body.append(waiting);
  let waitingTimer = 0;
  let inHand = "";
  one("[data-keypad]").addEventListener("click", () => hints.quiet());

  async function draw() {
    drawHand(one("[data-hand]"), handing, typeLabel);
    const before = inHand;
    inHand = JSON.stringify([handing.parcels.length, handing.code, handing.busy]);
    // What was done without the camera needs no hint for it either.
    if (inHand !== before) hints.quiet();
    clearTimeout(waitingTimer);
    waiting.hidden = true;
    if (handing.asking) waitingTimer = setTimeout(() => (waiting.hidden = screen.open), ASKING_SHOWN_AFTER_MS);
    const count = await waitingCount().catch(() => 0);
    one("[data-pending]").hidden = count === 0;
    one("[data-pending-count]").textContent = String(count);
    onDrawn?.(handing);
  }

  one("[data-pending]").addEventListener("click", () => handing.resume());
  draw();
  handing.resume();
  return { handing, keypad, camera, typeLabel };
}

/** Tell that this device's clock is wrong, and by how much, for as long as it is. */
function showWrongClock() {
  const place = el("p", { class: "banner", role: "status", "data-clock": "", hidden: true });
  one("[data-banners]").append(place);
  const draw = () => {
    const wrong = wrongClock();
    place.hidden = !wrong;
    if (!wrong) return;
    const words = t("This device's clock is wrong. It is %(time)s.", {
      time: clock(wrong.serviceTime, { always: true }),
    });
    place.replaceChildren(
      icon("clock"),
      el("span", {}, words),
      el("bdi", { dir: "ltr" }, differenceWords(wrong.ahead)),
    );
  };
  onClock(draw);
  draw();
}

/** Tell on opening that nothing can be presented from here, not first at the door, and that nothing is lost by it. */
async function showLostKey() {
  const said = el("span", {});
  const place = el("p", { class: "banner", role: "status", "data-key-lost": "", hidden: true }, icon("device"), said);
  one("[data-banners]").append(place);
  const isLost = (await self().catch(() => null)) === undefined;
  const draw = async () => {
    place.hidden = !isLost && !isUnknown();
    const count = await waitingCount().catch(() => 0);
    const kept = count ? t("Anything not sent yet is kept until then.") : "";
    said.textContent = `${keyLostWords()} ${kept}`;
  };
  onStanding(draw);
  await draw();
}

/** @param {Decoding} decoding @param {Hints} hints */
export function connectCamera(decoding, hints) {
  const start = one("[data-start]");
  const lamp = one("[data-lamp]");
  const lens = one("[data-lens]");
  const zoom = one("[data-zoom]");
  const camera = new Camera(/** @type {HTMLVideoElement} */ (one("[data-video]")), {
    onState: async (state) => {
      const on = state === "on";
      document.documentElement.dataset.camera = state;
      start.hidden = on;
      one("[data-aim]").hidden = !on;
      tellTrouble(state);
      if (state === "refused") showCameraHelp({ onAgain: () => camera.start() });
      else if (on) hideCameraHelp();
      lamp.hidden = !on || !camera.hasLamp;
      // A camera that was started anew starts without it.
      lamp.setAttribute("aria-pressed", String(camera.lamp));
      zoom.hidden = !on || camera.zooms.length < 2;
      zoom.textContent = `${camera.zoom}×`;
      lens.hidden = !on || (await camera.lensCount()) < 2;
      hints.watch(on, { lamp: camera.hasLamp });
    },
  });
  start.addEventListener("click", () => camera.start());
  start.removeAttribute("disabled");
  zoom.addEventListener("click", () => camera.switchZoom());
  lens.addEventListener("click", () => camera.switchLens());
  lamp.addEventListener("click", async () => lamp.setAttribute("aria-pressed", String(await camera.switchLamp())));
  // Whoever does something about it is not told again at once.
  for (const tool of [zoom, lens, lamp]) tool.addEventListener("click", () => hints.quiet());
  decoding.follow(camera);
  return camera;
}

/** @param {string} state */
function tellTrouble(state) {
  const troubles = /** @type {Record<string, string>} */ ({
    refused: t("The camera is not allowed"),
    absent: t("No camera found. Take a photo or type the digits."),
    silent: t("The camera shows no picture. Tap to start it again."),
    insecure: t("Open this page at its https address."),
  });
  const place = one("[data-trouble]");
  place.textContent = troubles[state] ?? "";
  place.hidden = !troubles[state];
  one("[data-start-word]").textContent = state === "starting" ? t("Starting …") : t("Start the camera");
}

/** @param {Decoding} decoding @param {Handing} handing @param {Hints} hints */
export function connectPhoto(decoding, handing, hints) {
  for (const field of /** @type {HTMLInputElement[]} */ (every("[data-photo]"))) {
    field.addEventListener("change", () => read(field));
    // It may have been taken while the page was still loading.
    read(field);
  }

  /** @param {HTMLInputElement} field */
  async function read(field) {
    const photo = field.files?.[0];
    field.value = "";
    if (!photo) return;
    hints.say("photo", t("Reading the photo …"));
    const { symbols, trouble } = await decoding.readPhoto(photo);
    if (symbols.length) hints.quiet();
    else hints.tell(trouble?.picture ?? "photo", trouble?.words ?? t("Nothing found in the photo"));
    handing.readTogether([...new Set(symbols.map(({ text }) => text))]);
  }
}

/**
 * Let a person type what a torn label says.
 * @param {Handing} handing
 */
export function connectTypedLabel(handing) {
  const dialog = /** @type {HTMLDialogElement} */ (one("[data-type-label]"));
  const field = /** @type {HTMLInputElement} */ (one("input", dialog));
  const form = /** @type {HTMLFormElement} */ (one("form", dialog));
  field.addEventListener("input", () => field.setCustomValidity(""));
  form.addEventListener("submit", (event) => {
    const button = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter);
    if (button?.value === "cancel") return;
    const { kind, value } = sort(field.value);
    // A hand scanner types what it reads into the field.
    if (kind === "code") return handing.takeCode({ payload: value });
    const reference = kind === "badge" ? null : asReference(field.value);
    if (!reference) {
      event.preventDefault();
      field.setCustomValidity(t("3 to 50 letters and digits"));
      field.reportValidity();
      return;
    }
    handing.takeParcel(reference, "choice");
  });
  return () => {
    field.value = "";
    dialog.showModal();
  };
}
