/** The page that the driver and the counter share: camera, what is in hand, keypad, photograph, verdict. */

import { Camera } from "./camera.js";
import { hideCameraHelp, showCameraHelp } from "./camera-help.js";
import { Decoding } from "./decoding.js";
import { el, icon, one } from "./dom.js";
import { Handing } from "./handing.js";
import { Hints } from "./hints.js";
import { keypadOn } from "./keypad.js";
import { asReference } from "./payload.js";
import { showPreferences } from "./preferences.js";
import { waiting as waitingCount } from "./queue.js";
import { unlockOnFirstTouch } from "./sound.js";
import { VerdictScreen } from "./verdict.js";
import { loadWords, pageLanguage, t } from "./words.js";

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
  const decoding = new Decoding((symbols) => {
    if (symbols.length) hints.quiet();
    handing.see(symbols);
  });
  const camera = connectCamera(decoding, hints);
  connectPhoto(decoding, handing, hints);
  connectLanguage();
  const typeLabel = connectTypedLabel(handing);
  const waiting = el("div", { class: "waiting", role: "status", hidden: true }, t("Asking …"));
  document.body.append(waiting);
  let waitingTimer = 0;

  async function draw() {
    one("[data-hand]").replaceChildren(parcelSide(handing, typeLabel), codeSide(handing));
    clearTimeout(waitingTimer);
    waiting.hidden = true;
    if (handing.asking) waitingTimer = setTimeout(() => (waiting.hidden = screen.open), ASKING_SHOWN_AFTER_MS);
    const count = await waitingCount().catch(() => 0);
    one("[data-pending]").hidden = count === 0 || handing.busy;
    one("[data-pending-count]").textContent = String(count);
    onDrawn?.(handing);
  }

  one("[data-pending]").addEventListener("click", () => handing.resume());
  draw();
  handing.resume();
  return { handing, keypad, camera };
}

/** @param {Handing} handing @param {() => void} typeLabel */
function parcelSide(handing, typeLabel) {
  const chips = handing.parcels.map(({ reference }) =>
    el(
      "div",
      { class: "chip" },
      icon("parcel"),
      el("bdi", { dir: "ltr" }, reference),
      el("button", { type: "button", "aria-label": t("Put down"), onclick: () => handing.putDown(reference) }, icon("close")),
    ),
  );
  const first = handing.parcels.length === 0;
  const next = first && handing.needsParcel;
  const slot = el(
    "button",
    { type: "button", class: `slot${next ? " slot-next" : ""}`, "data-type": "", onclick: typeLabel },
    icon("label"),
    first ? t("Scan the parcel") : t("Another parcel"),
  );
  return el("div", { class: "chips", "data-parcels": "" }, ...chips, slot);
}

/** @param {Handing} handing */
function codeSide(handing) {
  if (handing.code) {
    const shown = "digits" in handing.code ? handing.code.digits : t("Code read");
    return el(
      "div",
      { class: "chips", "data-code": "full" },
      el(
        "div",
        { class: "chip" },
        icon("show-code"),
        el("bdi", {}, shown),
        el("button", { type: "button", "aria-label": t("Put down"), onclick: () => handing.forgetCode() }, icon("close")),
      ),
    );
  }
  const next = handing.parcels.length > 0 || !handing.needsParcel;
  return el("div", { class: "chips", "data-code": "" }, el("div", { class: `slot${next ? " slot-next" : ""}` }, icon("show-code"), t("Scan or type the code")));
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
  decoding.follow(camera);
  return camera;
}

/** @param {string} state */
function tellTrouble(state) {
  const troubles = /** @type {Record<string, string>} */ ({
    refused: t("The camera is not allowed"),
    absent: t("No camera found. Take a photo or type the digits."),
    silent: t("The camera shows no picture. Tap to start it again."),
    insecure: t("Open this page by its https address."),
  });
  const place = one("[data-trouble]");
  place.textContent = troubles[state] ?? "";
  place.hidden = !troubles[state];
  one("[data-start-word]").textContent = state === "starting" ? t("Starting …") : t("Start the camera");
}

/** @param {Decoding} decoding @param {Handing} handing @param {Hints} hints */
export function connectPhoto(decoding, handing, hints) {
  const field = /** @type {HTMLInputElement} */ (one("[data-photo]"));
  field.addEventListener("change", async () => {
    const photo = field.files?.[0];
    field.value = "";
    if (!photo) return;
    hints.say("photo", t("Reading the photo …"));
    const { symbols, reached } = await decoding.readPhoto(photo);
    if (symbols.length) hints.quiet();
    else hints.say(reached ? "photo" : "no-connection", reached ? t("Nothing found in the photo") : t("No connection. Please try again."));
    for (const { text } of symbols) handing.read(text);
  });
}

/** Change the language by loading the page in it; nothing in hand is lost that cannot be scanned again. */
export function connectLanguage() {
  const choice = /** @type {HTMLSelectElement} */ (one("[data-language]"));
  choice.value = pageLanguage();
  choice.addEventListener("change", () => location.replace(`?lang=${choice.value}`));
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
    const reference = asReference(field.value);
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
