/** The big keypad for six digits: own buttons, so that no system keyboard covers the camera picture. */

import { el, icon, makeButton, one } from "../dom.js";
import { t } from "../words.js";

const LENGTH = 6;

export class Keypad {
  /**
   * @param {HTMLElement} place
   * @param {(digits: string) => void} onDigits
   * @param {{secret?: boolean}} [options] secret: nobody beside shall read along
   */
  constructor(place, onDigits, { secret = false } = {}) {
    this.onDigits = onDigits;
    this.secret = secret;
    this.digits = "";
    this.boxes = Array.from({ length: LENGTH }, () => el("span", { class: "digit" }));
    this.said = el("span", { class: "only-heard", role: "status" });
    this.go = makeButton(
      { class: "key key-go", "aria-label": t("Check digits"), onclick: () => this.submit() },
      icon("check"),
    );
    const back = makeButton(
      { class: "key", "aria-label": t("Delete digit"), onclick: () => this.press("Backspace") },
      icon("delete"),
    );
    const numbers = [..."1234567890"].map((digit) =>
      makeButton({ class: "key", "data-digit": digit, onclick: () => this.press(digit) }, digit),
    );
    const zero = /** @type {HTMLElement} */ (numbers.pop());
    // Digits run left to right in every script.
    place.append(
      el("div", { class: "digits", dir: "ltr", "aria-hidden": "true" }, ...this.boxes),
      this.said,
      el(
        "div",
        { class: "keys", dir: "ltr", role: "group", "aria-label": t("Type the six digits") },
        ...numbers,
        back,
        zero,
        this.go,
      ),
    );
    this.draw();
  }

  /** @param {string} key a digit, "Backspace" or "Enter" @returns {boolean} whether the digits went off by it */
  press(key) {
    if (key === "Enter") return this.submit();
    if (key === "Backspace") this.digits = this.digits.slice(0, -1);
    else if (/^\d$/.test(key) && this.digits.length < LENGTH) this.digits += key;
    this.draw();
    return false;
  }

  submit() {
    if (this.digits.length !== LENGTH) return false;
    const { digits } = this;
    this.clear();
    this.onDigits(digits);
    return true;
  }

  clear() {
    this.digits = "";
    this.draw();
  }

  draw() {
    this.boxes.forEach((box, index) => {
      box.textContent = this.secret && this.digits[index] ? "•" : (this.digits[index] ?? "");
      box.classList.toggle("digit-next", index === this.digits.length);
    });
    this.said.textContent = this.secret ? String(this.digits.length) : [...this.digits].join(" ");
    // It keeps the focus: where it stands, the next person begins to type.
    this.go.setAttribute("aria-disabled", String(this.digits.length !== LENGTH));
  }
}

/** @returns {Keypad} the keypad at the place that the page keeps for it */
export const keypadOn = (/** @type {(digits: string) => void} */ onDigits) =>
  new Keypad(one("[data-keypad]"), onDigits);
