/** What intake, shelves and the page without a code share: labels by hand scanner, camera, photo or typed. */

import { ask } from "./api.js";
import { Decoding } from "./decoding.js";
import { el, icon, one } from "./dom.js";
import { Handing } from "./handing.js";
import { connectCamera, connectLanguage, connectPhoto, connectTypedLabel } from "./handing-page.js";
import { Hints } from "./hints.js";
import { Shift } from "./shift.js";
import { play, unlockOnFirstTouch } from "./sound.js";
import { VerdictScreen } from "./verdict.js";
import { listenForScans } from "./wedge.js";
import { loadWords, t } from "./words.js";

const POINT = "/api/v1/point";
const SHELF_LABEL = /^SHELF\//;

/** @typedef {{reference: string, shelf: string|null, hatch: boolean, size: string, deadline: string, overdue: boolean}} Stay */
/** @typedef {{onLabel: (reference: string) => void, onShelf: (name: string) => void}} Takers */

/** Takes labels of parcels and of shelves; whatever else is read is no business of these pages. */
class Labels extends Handing {
  /** @param {Takers} takers */
  constructor(takers) {
    super({ screen: new VerdictScreen(), needsParcel: false, onChange: () => undefined });
    this.takers = takers;
  }

  /** @param {string} reference */
  takeParcel(reference) {
    if (SHELF_LABEL.test(reference)) this.takers.onShelf(reference.replace(SHELF_LABEL, ""));
    else this.takers.onLabel(reference);
  }

  takeCode() {
    play("red");
  }

  async resume() {}
}

/**
 * Build the page around its work.
 * @param {Takers} takers
 * @returns {Promise<{typeLabel: () => void}>}
 */
export async function buildPickupPage(takers) {
  await loadWords();
  unlockOnFirstTouch();
  const labels = new Labels(takers);
  const hints = new Hints(one("[data-hint]"), () => decoding.look(camera));
  const decoding = new Decoding((symbols) => labels.see(symbols));
  const camera = connectCamera(decoding, hints);
  connectPhoto(decoding, labels, hints);
  connectLanguage();
  const shift = new Shift(one(".bar"));
  labels.paused = () => shift.locked;
  listenForScans({ onScan: (text) => (shift.takes(text) ? shift.scan(text) : labels.read(text)), onKey: (key) => shift.press(key) });
  await shift.open();
  document.documentElement.dataset.listening = "";
  return { typeLabel: connectTypedLabel(labels) };
}

/**
 * Call the pickup point.
 * @param {string} path
 * @param {unknown} [json] posted where given
 */
export const askPoint = (path, json) => ask(`${POINT}${path}`, json === undefined ? {} : { method: "POST", json });

/** @param {string} reference */
export const parcelPath = (reference) => `/parcels/${encodeURIComponent(reference)}`;

/**
 * Say what went wrong, in plain words.
 * @param {import("./api.js").Reply} reply
 * @returns {{tone: string, word: string}}
 */
export function faultOf(reply) {
  if (reply.kind === "silence") return { tone: "amber", word: t("No answer. Scan again.") };
  const words = /** @type {Record<string, string>} */ ({
    "unknown-parcel": t("Unknown parcel"),
    "already-handed-over": t("Already handed over"),
    "waits-elsewhere": t("Waits at another pickup point"),
    "not-waiting": t("Is not here"),
    "device-revoked": t("Device blocked"),
    "nobody-signed-in": t("Sign in first"),
    "not-your-role": t("Ask a colleague who may do this"),
  });
  const slug = reply.kind === "problem" ? reply.slug : "";
  return { tone: "red", word: words[slug] ?? (reply.kind === "problem" ? reply.detail : "") };
}

/**
 * Tell what became of a scan: a wide bar with shape, colour and words.
 * @param {string} tone
 * @param {string} word
 * @param {string} [reference]
 */
export function told(tone, word, reference = "") {
  return el("p", { class: `told told-${tone}`, role: "alert", "data-told": tone }, icon(`mark-${tone}`), el("strong", {}, word), el("bdi", { dir: "ltr" }, reference));
}
