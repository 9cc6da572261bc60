/** A keypad for people who have digits and no symbol: who they are, by name or by a parcel's number, then the digits. */

import { el, icon, makeButton, one } from "../lib/dom.js";
import { Keypad } from "../lib/handing/keypad.js";
import { asReference } from "../lib/handing/tracking-number.js";
import { layOpen } from "../lib/sheet.js";
import { pageLanguage, spokenIn, t } from "../lib/words.js";
import { DIGITS, LATIN, otherLetters } from "./kiosk-letters.js";

const LONGEST = 50;
const SHORTEST = 2;
// Whoever went leaves neither name nor digits on the screen.
const STILL_MS = 30000;

/**
 * @typedef {{by: "name"|"reference", who: string, digits: string}} Typed
 * @typedef {{isBusy: () => boolean, present: (typed: Typed) => void}} Options
 */

export class KioskKeypad {
  /** @param {Options} options */
  constructor({ isBusy, present }) {
    this.isBusy = isBusy;
    this.present = present;
    /** @type {HTMLDialogElement | null} */
    this.sheet = null;
    this.who = "";
    this.byName = true;
    this.inLatin = false;
    this.timer = 0;
    this.button = makeButton(
      { class: "button kiosk-keypad", "data-digits": "", hidden: true, onclick: () => this.open() },
      icon("digits"),
      t("Type the digits"),
    );
    one("[data-languages]").before(this.button);
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.stayOpen(), { capture: true });
  }

  /** @param {boolean} allowed whether the house lets people type digits here */
  allow(allowed) {
    this.button.hidden = !allowed;
    if (!allowed) this.close();
  }

  open() {
    if (this.isBusy()) return;
    this.who = "";
    this.body = el("div", { class: "kiosk-typing" });
    this.sheet = layOpen({ name: "digits", title: t("Type the digits") }, this.body);
    this.sheet.addEventListener("close", () => (this.sheet = null));
    this.draw();
    this.stayOpen();
  }

  close() {
    this.sheet?.close();
  }

  stayOpen() {
    clearTimeout(this.timer);
    if (this.sheet) this.timer = setTimeout(() => this.close(), STILL_MS);
  }

  /** Ask who it is. */
  draw() {
    this.said = el("output", { class: "kiosk-who", dir: "auto" });
    const other = this.byName ? otherLetters(pageLanguage()) : null;
    const isOther = other !== null && !this.inLatin;
    const key = (/** @type {string} */ sign) =>
      makeButton({ class: "key", onclick: () => this.write(this.who + sign) }, sign);
    this.go = makeButton(
      { class: "button button-first", "data-go": "", onclick: () => this.askDigits() },
      t("Next"),
      icon("check"),
    );
    this.body?.replaceChildren(
      el(
        "div",
        { class: "kiosk-ways", role: "group" },
        ...[true, false].map((byName) =>
          makeButton(
            {
              class: "button",
              "aria-pressed": String(byName === this.byName),
              onclick: () => ((this.byName = byName), this.draw()),
            },
            icon(byName ? "people" : "label"),
            byName ? t("Name") : t("Number on the parcel"),
          ),
        ),
      ),
      this.said,
      el(
        "div",
        { class: "kiosk-letters", dir: "ltr" },
        el("div", {}, ...[...DIGITS].map(key)),
        ...(isOther ? other : LATIN).map((row) =>
          el("div", isOther ? spokenIn(pageLanguage()) : {}, ...[...row].map(key)),
        ),
        el(
          "div",
          {},
          other &&
            makeButton(
              { class: "key", "data-letters": "", onclick: () => ((this.inLatin = !this.inLatin), this.draw()) },
              (isOther ? LATIN : other)[1].slice(0, 3),
            ),
          makeButton(
            { class: "key key-wide", "aria-label": t("Space"), onclick: () => this.write(`${this.who} `) },
            "␣",
          ),
          makeButton(
            { class: "key", "aria-label": t("Delete"), onclick: () => this.write(this.who.slice(0, -1)) },
            icon("delete"),
          ),
        ),
      ),
      this.go,
    );
    this.write(this.who);
  }

  /** @param {string} who */
  write(who) {
    this.who = who.slice(0, LONGEST);
    if (this.said) this.said.textContent = this.who;
    const enough = this.byName ? this.who.trim().length >= SHORTEST : asReference(this.who) !== null;
    this.go?.toggleAttribute("disabled", !enough);
  }

  askDigits() {
    const place = el("div", { class: "kiosk-settings" });
    this.body?.replaceChildren(place);
    new Keypad(place, (digits) => this.enter(digits), { secret: true });
    place.querySelector("button")?.focus();
  }

  /** @param {string} digits */
  enter(digits) {
    const { who, byName } = this;
    this.close();
    if (byName) this.present({ by: "name", who, digits });
    else this.present({ by: "reference", who: asReference(who) ?? "", digits });
  }
}
