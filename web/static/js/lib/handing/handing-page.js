/** The page that the driver and the counter share: camera, what is in hand, keypad, photograph, verdict. */

import { Camera } from "../scanning/camera.js";
import { hideCameraHelp, showCameraHelp } from "../scanning/camera-help.js";
import { differenceWords, onClock, wrongClock } from "../clock-check.js";
import { self } from "../device.js";
import { Decoding } from "../decoding/decoding.js";
import { depotLink } from "../depot.js";
import { el, every, focusKeeper, icon, one } from "../dom.js";
import { Handing } from "./handing.js";
import { Hints } from "../scanning/hints.js";
import { keypadOn } from "./keypad.js";
import { connectLanguage } from "../language-choice.js";
import { showPreferences } from "../preferences.js";
import { waiting as waitingCount } from "./queue.js";
import { unlockOnFirstTouch } from "../sound.js";
import { asReference } from "./tracking-number.js";
import { VerdictScreen } from "./verdict.js";
import { clock, keyLostWords, loadWords, pageLanguage, t, wording } from "../words.js";

const ASKING_SHOWN_AFTER_MS = 350;
// Somebody who scans the same label again, or takes the next one for it.
const JUST_MS = 10 * 60_000;

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
  const typeLabel = connectTypedLabel(handing);
  showWrongClock();
  showLostKey();
  const waiting = el("div", { class: "waiting", role: "status", hidden: true }, t("Asking …"));
  document.body.append(waiting);
  let waitingTimer = 0;

  async function draw() {
    const hand = one("[data-hand]");
    const keepFocus = hand.contains(document.activeElement) ? focusKeeper() : null;
    hand.replaceChildren(
      ...[handing.headOfHand(), ...handing.parcels.map((parcel) => remark(handing, parcel))].filter(
        (each) => each !== null,
      ),
      parcelSide(handing, typeLabel),
      codeSide(handing),
    );
    keepFocus?.();
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
  return { handing, keypad, camera };
}

/** Tell that this device's clock is wrong, and by how much, for as long as it is. */
function showWrongClock() {
  const place = el("p", { class: "banner", role: "status", "data-clock": "", hidden: true });
  one("[data-banners]").append(place);
  const draw = () => {
    const wrong = wrongClock();
    place.hidden = !wrong;
    if (!wrong) return;
    const words = t("The clock of this device is wrong. It is %(time)s.", {
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

/** Tell on opening that nothing can be presented from here, not first at the door. */
async function showLostKey() {
  const known = await self().catch(() => null);
  if (known === undefined)
    one("header.bar").append(
      el("p", { class: "banner", role: "status", "data-key-lost": "" }, icon("device"), keyLostWords()),
    );
}

/**
 * Tell what stands against handing a parcel over, as soon as its label was read; one tap does for one that needs no code.
 * @param {Handing} handing
 * @param {import("./handing.js").Held} parcel
 */
function remark(handing, parcel) {
  const { reference, handed_over_at: at, place } = parcel;
  const outcome = parcel.outcome ?? (parcel.other_tour ? "other_tour" : null);
  if (!outcome) return null;
  const look = wording(outcome, pageLanguage());
  // Of a label nothing but the house's block is told as revoked.
  const isBlocked = outcome === "revoked";
  const isJustGone = at && Date.now() - Date.parse(at) < JUST_MS;
  const word = isBlocked ? t("Parcel blocked") : isJustGone ? t("Just handed over") : look.word;
  const step = isJustGone ? t("Scan the next parcel") : look.step;
  // Only told: the parcel may still be handed over.
  const tone = parcel.outcome ? look.tone : "notice";
  const details = [at && t("Handed over at %(time)s", { time: clock(at) }), place, step].filter(Boolean).join(" · ");
  const call = look.callsDepot || isBlocked ? depotLink("remark-call") : null;
  const handOver = () => handing.handOverWithoutCode(parcel);
  const tap =
    outcome === "code_not_required"
      ? el(
          "button",
          { type: "button", class: "button button-first remark-tap", "data-tap": reference, onclick: handOver },
          icon("hand-over"),
          t("Hand over"),
        )
      : null;
  return el(
    "div",
    { class: `remark remark-${tone}`, "data-remark": outcome },
    icon(`mark-${tone}`),
    el("p", {}, el("strong", {}, word), el("bdi", { dir: "ltr" }, reference), tap ? null : el("span", {}, details)),
    el(
      "button",
      {
        type: "button",
        class: "remark-close",
        "aria-label": t("Put down"),
        "data-put-down": reference,
        onclick: () => handing.putDown(reference),
      },
      icon("close"),
    ),
    tap,
    call,
  );
}

/** @param {Handing} handing @param {() => void} typeLabel */
function parcelSide(handing, typeLabel) {
  const chips = handing.parcels
    .filter(({ outcome }) => !outcome)
    .map(({ reference }) =>
      el(
        "div",
        { class: "chip" },
        icon("parcel"),
        el("bdi", { dir: "ltr" }, reference),
        el(
          "button",
          {
            type: "button",
            "aria-label": t("Put down"),
            "data-put-down": reference,
            onclick: () => handing.putDown(reference),
          },
          icon("close"),
        ),
      ),
    );
  const first = chips.length === 0;
  const next = first && handing.needsParcel;
  const slot = el(
    "button",
    { type: "button", class: `slot${next ? " slot-next" : ""}`, "data-type": "", onclick: typeLabel },
    icon("label"),
    el("span", {}, first ? t("Scan the parcel") : t("Another parcel")),
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
        el(
          "button",
          { type: "button", "aria-label": t("Put down"), onclick: () => handing.forgetCode() },
          icon("close"),
        ),
      ),
    );
  }
  const next = handing.parcels.length > 0 || !handing.needsParcel;
  return el(
    "div",
    { class: "chips", "data-code": "" },
    el("div", { class: `slot${next ? " slot-next" : ""}` }, icon("show-code"), t("Scan or type the code")),
  );
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
    else hints.say(trouble?.picture ?? "photo", trouble?.words ?? t("Nothing found in the photo"));
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
