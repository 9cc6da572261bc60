/**
 * A field that nobody sees, for scanners that put text in without pressing keys: on Android a scanner may be an input
 * method, which writes into whatever field has the focus. It opens no keyboard on the screen.
 */

import { el } from "../dom.js";
import { t } from "../words.js";

/**
 * Take what is put in while nothing else has the focus; on devices with a mouse nothing is, and there is no field.
 * @param {(text: string) => void} onText
 * @returns {HTMLElement | null}
 */
export function catchText(onText) {
  if (!matchMedia("(pointer: coarse)").matches) return null;
  const field = /** @type {HTMLInputElement} */ (
    el("input", {
      class: "only-heard",
      "data-catcher": "",
      "aria-label": t("Hand scanner"),
      tabindex: -1,
      inputmode: "none",
      autocomplete: "off",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
    })
  );
  let seen = "";
  const clear = () => (field.value = seen = "");
  const take = (/** @type {InputEvent} */ event) => {
    // While an input method still composes, each event shows the whole text anew.
    if (field.value.startsWith(seen)) onText(field.value.slice(seen.length));
    seen = field.value;
    if (!event.isComposing) clear();
  };
  field.addEventListener("input", (event) => take(/** @type {InputEvent} */ (event)));
  field.addEventListener("compositionend", clear);
  field.addEventListener("beforeinput", (event) => {
    if (/** @type {InputEvent} */ (event).inputType !== "insertLineBreak") return;
    event.preventDefault();
    onText("\n");
  });
  (document.querySelector("main") ?? document.body).append(field);
  /** @param {boolean} byTouch whether a finger, which needs no focus, left it on a button */
  const focus = (byTouch) => {
    const active = document.activeElement;
    const isFree = !active || active === document.body || (byTouch && !active.matches("input, textarea, select"));
    if (isFree && !document.querySelector("dialog[open], .verdict")) field.focus({ preventScroll: true });
  };
  for (const kind of ["focusin", "focusout"]) addEventListener(kind, () => setTimeout(focus, 0, false));
  addEventListener("pointerup", ({ pointerType }) => setTimeout(focus, 0, pointerType === "touch"));
  focus(false);
  return field;
}
