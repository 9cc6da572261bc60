/** What intake, shelves and the page without a code share: labels by hand scanner, camera, photo or typed. */

import { ask } from "../lib/service/api.js";
import { Decoding } from "../lib/decoding/decoding.js";
import { el, icon, one } from "../lib/dom.js";
import { Handing } from "../lib/handing/handing.js";
import { connectCamera, connectPhoto, connectTypedLabel } from "../lib/handing/handing-page.js";
import { connectLanguage } from "../lib/language-choice.js";
import { Hints } from "../lib/scanning/hints.js";
import { foldCamera } from "./folding.js";
import { Shift } from "./shift.js";
import { LABEL } from "../lib/handing/practice.js";
import { unlockOnFirstTouch } from "../lib/device/sound.js";
import { isFailing, troubleOf, whyNotHere } from "../lib/service/trouble.js";
import { VerdictScreen } from "../lib/handing/verdict.js";
import { listenForScans } from "../lib/scanning/wedge.js";
import { loadWords, t } from "../lib/words.js";

const POINT = "/api/v1/point";
const SHELF_LABEL = /^SHELF\//;
// Long enough to be read, and gone before the next parcel is.
const SAID_MS = 12_000;

/** @typedef {import("../lib/api-types.js").StayAnswer} Stay */
/** @typedef {{tone: string, word: string}} Fault */
/** @typedef {{onLabel: (reference: string) => void, onShelf: (name: string) => void, onOther: (fault: Fault) => void}} Takers */

/** Takes labels of parcels and of shelves; of whatever else is read these pages say that it is none. */
class Labels extends Handing {
  /** @param {Takers} takers */
  constructor(takers) {
    super({ screen: new VerdictScreen(), needsParcel: false, onChange: () => undefined });
    this.takers = takers;
    /** @type {Promise<unknown>} */
    this.taking = Promise.resolve();
  }

  /** What was scanned later is taken later, whatever is asked meanwhile. @param {string} reference @param {"label"|"choice"} by @param {string} [text] */
  takeParcel(reference, by, text = reference) {
    this.taking = this.taking.then(() => this.take(reference, text)).catch(() => undefined);
  }

  /** Bars may hold more than a parcel's number. @param {string} reference @param {string} text */
  async take(reference, text) {
    if (SHELF_LABEL.test(reference)) return this.takers.onShelf(reference.replace(SHELF_LABEL, ""));
    const standing = reference === LABEL ? null : await this.about(text);
    this.takers.onLabel(standing?.reference ?? reference);
  }

  takeCode() {
    this.takers.onOther(noLabel());
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
  const decoding = new Decoding(
    (symbols) => labels.see(symbols),
    () => labels.enough,
  );
  const camera = connectCamera(decoding, hints);
  foldCamera(camera);
  connectPhoto(decoding, labels, hints);
  connectLanguage();
  const shift = new Shift();
  labels.paused = () => shift.locked;
  listenForScans({
    onScan: (text) => (shift.takes(text) ? shift.scan(text) : labels.read(text)),
    onKey: (key) => shift.press(key),
  });
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

/** @returns {Fault} what is told of a code, of other people's symbols, and of a shelf where none is meant */
export const noLabel = () => ({ tone: "amber", word: t("That is not a parcel label") });

/**
 * Say what went wrong, in plain words.
 * @param {import("../lib/service/api.js").Reply} reply
 * @param {{shelf?: boolean}} [asked] shelf: about one that was scanned
 * @returns {Fault}
 */
export function faultOf(reply, { shelf = false } = {}) {
  if (reply.kind === "silence" && !isFailing(reply)) return { tone: "amber", word: t("No answer. Scan again.") };
  const trouble = troubleOf(reply);
  if (trouble) return { tone: "amber", word: trouble.words };
  const words = /** @type {Record<string, string>} */ ({
    "unknown-parcel": t("Unknown parcel"),
    "already-handed-over": t("Already handed over"),
    "waits-elsewhere": t("Waiting at another pickup point"),
    "not-waiting": t("Not here"),
    "unknown-place": shelf ? t("There is no such shelf here") : t("The office has to say where this counter is"),
  });
  const slug = reply.kind === "problem" ? reply.slug : "";
  return { tone: "red", word: words[slug] ?? whyNotHere(slug) ?? (reply.kind === "problem" ? reply.detail : "") };
}

let saidTimer = 0;

/** Let go of what was told last, once it was read. @param {() => void} forget */
export function forgetSoon(forget) {
  clearTimeout(saidTimer);
  saidTimer = setTimeout(forget, SAID_MS);
}

/**
 * Tell what became of a scan: a wide bar with shape, colour and words.
 * @param {string} tone
 * @param {string} word
 * @param {string} [reference]
 */
export function told(tone, word, reference = "") {
  return el(
    "p",
    { class: `told told-${tone}`, role: "alert", "data-told": tone },
    icon(`mark-${tone}`),
    el("strong", {}, word),
    el("bdi", { dir: "ltr" }, reference),
  );
}
