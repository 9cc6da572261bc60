/** A keypad for people who have digits and no symbol: who they are, by name or by a parcel's number, then the six digits. */

import { el, icon, one } from "../lib/dom.js";
import { Keypad } from "../lib/handing/keypad.js";
import { askWhatWaits } from "../lib/handing/presentation.js";
import { asReference } from "../lib/handing/tracking-number.js";
import { layOpen } from "../lib/sheet.js";
import { isFailing, isPassing } from "../lib/trouble.js";
import { t } from "../lib/words.js";

const ROWS = ["1234567890", "QWERTYUIOP", "ASDFGHJKL-", "ZXCVBNM"];
const LONGEST = 50;
const SHORTEST = 2;
// Whoever went leaves neither name nor digits on the screen.
const STILL_MS = 30000;

export class KioskDigits {
  /** @param {import("../lib/handing/handing.js").Handing} handing */
  constructor(handing) {
    this.handing = handing;
    /** @type {HTMLDialogElement | null} */
    this.sheet = null;
    this.who = "";
    this.byName = true;
    this.timer = 0;
    one("[data-languages]").before(
      el(
        "button",
        { type: "button", class: "button kiosk-digits", "data-digits": "", onclick: () => this.open() },
        icon("digits"),
        t("Type the digits"),
      ),
    );
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.stayOpen(), { capture: true });
  }

  open() {
    if (this.handing.busy) return;
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
    const key = (/** @type {string} */ sign) =>
      el("button", { type: "button", class: "key", onclick: () => this.write(this.who + sign) }, sign);
    this.go = el(
      "button",
      { type: "button", class: "button button-first", "data-go": "", onclick: () => this.askDigits() },
      t("Next"),
      icon("check"),
    );
    this.body?.replaceChildren(
      el(
        "div",
        { class: "kiosk-ways", role: "group" },
        ...[true, false].map((byName) =>
          el(
            "button",
            {
              type: "button",
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
        ...ROWS.map((row) => el("div", {}, ...[...row].map(key))),
        el(
          "div",
          {},
          el(
            "button",
            {
              type: "button",
              class: "key key-wide",
              "aria-label": t("Space"),
              onclick: () => this.write(`${this.who} `),
            },
            "␣",
          ),
          el(
            "button",
            {
              type: "button",
              class: "key",
              "aria-label": t("Delete"),
              onclick: () => this.write(this.who.slice(0, -1)),
            },
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
    new Keypad(place, (digits) => this.present(digits), { secret: true });
    place.querySelector("button")?.focus();
  }

  /** A name is asked for first: only a number is presented, and the digits open what lies here for their holder. @param {string} digits */
  async present(digits) {
    const { handing, who, byName } = this;
    this.close();
    const reference = byName ? await this.referenceOf(who, digits) : asReference(who);
    if (reference) await handing.ask([{ reference, by: "choice" }], { digits });
  }

  /** @param {string} name @param {string} digits @returns {Promise<string | null>} */
  async referenceOf(name, digits) {
    const { handing } = this;
    handing.asking = true;
    handing.onChange(handing);
    const reply = await askWhatWaits({ parcels: [], digits, name }).catch(() => null);
    handing.asking = false;
    if (reply?.kind === "answer" && reply.value.outcome === "accepted")
      return reply.value.parcels[0]?.reference ?? null;
    if (reply?.kind === "answer") handing.finish({ outcome: reply.value.outcome });
    else if (reply && isPassing(reply)) handing.finish({ outcome: isFailing(reply) ? "service_trouble" : "unknown" });
    else handing.finish({ outcome: "refused" });
    return null;
  }
}
