/** The kiosk's settings, for staff: shut until a colleague's PIN opens them, and shut again when nobody moves. */

import { ask } from "../lib/service/api.js";
import { el, icon, makeButton, one } from "../lib/dom.js";
import { Keypad } from "../lib/handing/keypad.js";
import { isOff, turnOff } from "../lib/device/preferences.js";
import { layOpen, pictureButton } from "../lib/sheet.js";
import { troubleOf } from "../lib/service/trouble.js";
import { pageLanguage, t } from "../lib/words.js";

const SETTINGS = "/api/v1/kiosk/settings";
const ORDER = "/api/v1/kiosk/order";
const KIOSK = "/api/v1/kiosk";
const HOME_LANGUAGE = "doorcode-home";
const STILL_MS = 45000;

/** @returns {string|null} the language that this kiosk speaks while nobody has chosen another */
export const homeLanguage = () => localStorage.getItem(HOME_LANGUAGE);

/**
 * @typedef {{camera?: import("../lib/scanning/camera.js").Camera, onOrder?: (stopped: boolean) => void, onSignedOff?: () => void}} Options
 *   camera: the page's own, if it has one
 */

export class KioskSettings {
  /** @param {Options} [options] */
  constructor(options = {}) {
    this.options = options;
    /** @type {HTMLDialogElement | null} */
    this.sheet = null;
    this.timer = 0;
    one("[data-languages]").append(
      makeButton(
        { class: "kiosk-key", "data-settings": "", "aria-label": t("Settings"), onclick: () => this.askPin() },
        icon("key"),
      ),
    );
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.stayOpen(), { capture: true });
    // Whoever opened them last may have left by a power cut.
    ask(SETTINGS, { method: "DELETE" });
  }

  askPin() {
    this.said = el("p", { class: "kiosk-said", role: "status" });
    this.body = el("div", { class: "kiosk-settings" });
    this.sheet = layOpen({ name: "kiosk", title: t("Settings") }, this.body, this.said);
    this.sheet.addEventListener("close", () => (this.sheet = null));
    this.tell(t("For staff: type your PIN."));
    this.keypad = new Keypad(this.body, (pin) => this.enter(pin), { secret: true });
    this.stayOpen();
  }

  /** Shut the settings, because somebody came with a code or nobody moves. */
  close() {
    this.sheet?.close();
  }

  stayOpen() {
    clearTimeout(this.timer);
    if (this.sheet) this.timer = setTimeout(() => this.close(), STILL_MS);
  }

  /** @param {string} pin */
  async enter(pin) {
    const reply = await ask(SETTINGS, { method: "POST", json: { pin } });
    if (reply.kind !== "answer") return this.tell(troubleOf(reply)?.words ?? t("That is not right. Try again."));
    if (!this.sheet) return ask(SETTINGS, { method: "DELETE" });
    this.sheet.addEventListener("close", () => ask(SETTINGS, { method: "DELETE" }));
    this.tell("");
    await this.draw(reply.value.out_of_order);
  }

  /** @param {boolean} stopped whether the kiosk is out of order by hand */
  async draw(stopped) {
    const { camera } = this.options;
    const lenses = camera ? await camera.lenses() : [];
    const silent = isOff("sound");
    const order = pictureButton(
      stopped ? "check" : "no-connection",
      stopped ? t("Put back into service") : t("Out of order"),
      () => this.order(!stopped),
      { "data-order": "" },
    );
    const sound = pictureButton(silent ? "sound-off" : "sound", t("Sound"), () => this.switchSound(stopped), {
      "aria-pressed": String(!silent),
      "data-sound": "",
    });
    const lens =
      lenses.length > 1 && camera
        ? pictureButton("lens", t("Switch camera"), () => camera.switchLens(), { "data-lens": "" })
        : null;
    const home = pictureButton("language", t("Always start in this language"), () => this.chooseHome(), {
      "data-home": "",
    });
    const off = pictureButton("sign-out", t("Sign this kiosk out"), () => this.askAgain(off), { "data-sign-off": "" });
    this.body?.replaceChildren(...[order, sound, lens, home, off].filter((button) => button !== null));
  }

  /** @param {boolean} stopped */
  async order(stopped) {
    const reply = await ask(ORDER, { method: "PUT", json: { out_of_order: stopped } });
    if (reply.kind !== "answer") return this.refused(reply);
    this.options.onOrder?.(reply.value.out_of_order);
    await this.draw(reply.value.out_of_order);
  }

  /** @param {boolean} stopped */
  async switchSound(stopped) {
    turnOff("sound", !isOff("sound"));
    await this.draw(stopped);
  }

  chooseHome() {
    localStorage.setItem(HOME_LANGUAGE, pageLanguage());
    location.replace(`?lang=${pageLanguage()}`);
  }

  /** A kiosk that was signed off needs a new link: one touch is not enough. @param {HTMLElement} button */
  askAgain(button) {
    button.replaceWith(
      pictureButton("sign-out", t("Really sign out?"), () => this.signOff(), {
        class: "picture-button kiosk-really",
        "data-really": "",
      }),
    );
  }

  async signOff() {
    const reply = await ask(KIOSK, { method: "DELETE" });
    if (reply.kind !== "answer") return this.refused(reply);
    this.close();
    this.options.onSignedOff?.();
  }

  /** @param {import("../lib/service/api.js").Reply} reply */
  refused(reply) {
    const trouble = troubleOf(reply);
    if (trouble) this.tell(trouble.words);
    else this.close();
  }

  /** @param {string} words */
  tell(words) {
    if (this.said) this.said.textContent = words;
  }
}
