/** The camera of a desk where a hand scanner reads: folded away, and brought by one tap. */

import { el, icon, makeButton, one } from "../lib/dom.js";
import { t } from "../lib/words.js";

/** @returns {boolean} whether this is a desk: a mouse, and nothing to touch */
const isDesk = () => matchMedia("(pointer: fine)").matches && navigator.maxTouchPoints === 0;

/**
 * Fold the camera away on a desk; a tablet is pointed at things, and shows it.
 * @param {import("../lib/scanning/camera.js").Camera} camera
 */
export function foldCamera(camera) {
  if (!isDesk()) return;
  const page = one("main.counter");
  const bring = makeButton(
    { class: "button fold", "data-fold": "", onclick: () => (fold(false), camera.start()) },
    icon("camera-small"),
    t("Camera"),
  );
  const away = makeButton({ class: "tool", "data-fold-away": "" }, icon("close"), el("span", {}, t("Hide the camera")));
  const fold = (/** @type {boolean} */ folded) => {
    page.toggleAttribute("data-folded", folded);
    bring.hidden = !folded;
  };
  away.addEventListener("click", () => {
    camera.stop();
    fold(true);
    bring.focus();
  });
  one("[data-tools]").prepend(away);
  one(".picture").after(bring);
  fold(true);
}
