/** How a camera that was refused is allowed, as three pictures of this browser, and the ways round it. */

import { cameraPermission } from "./camera.js";
import { el, icon } from "../dom.js";
import { layOpen, pictureButton } from "../sheet.js";
import { t } from "../words.js";

const OPEN = "dialog[data-sheet=camera]";

/** @returns {"safari"|"chromium"} whose pictures fit; on iOS every browser is Safari within */
function family() {
  const touchMac = /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
  return touchMac || /iPhone|iPad|iPod/.test(navigator.userAgent) ? "safari" : "chromium";
}

/** @returns {[string, string][]} */
function steps() {
  const safari = family() === "safari";
  return [
    [`allow-1-${family()}`, t("Tap the icon next to the address")],
    [`allow-2-${family()}`, safari ? t("Open this page's settings") : t("Tap the camera")],
    ["allow-3", t("Allow the camera")],
  ];
}

/**
 * Show the pictures; the camera starts by itself once it is allowed.
 * @param {{onAgain: () => void}} choices
 */
export function showCameraHelp({ onAgain }) {
  if (document.querySelector(OPEN)) return;
  const again = () => {
    hideCameraHelp();
    onAgain();
  };
  const photo = () => {
    hideCameraHelp();
    /** @type {HTMLElement | null} */ (document.querySelector("[data-photo]"))?.click();
  };
  layOpen(
    { name: "camera", title: t("The camera is not allowed") },
    el(
      "ol",
      { class: "allow" },
      ...steps().map(([picture, words]) => el("li", {}, icon(picture, "allow-picture"), el("span", {}, words))),
    ),
    el(
      "footer",
      { class: "sheet-foot" },
      pictureButton("photo", t("Take a photo"), photo),
      pictureButton("camera", t("Try again"), again, { "data-again": "" }),
    ),
  );
  startWhenAllowed(again);
}

/** Put the pictures away, if they are there. */
export function hideCameraHelp() {
  /** @type {HTMLDialogElement | null} */ (document.querySelector(OPEN))?.close();
}

/** @type {PermissionStatus | null} */
let permission = null;

/** @param {() => void} start */
async function startWhenAllowed(start) {
  permission ??= await cameraPermission();
  if (!permission) return;
  permission.onchange = () => permission?.state === "granted" && document.querySelector(OPEN) && start();
}
