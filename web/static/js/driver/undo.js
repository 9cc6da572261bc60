/** Says what was just noted of a visit, and takes it back for some seconds. */

import { el, icon, makeButton, one } from "../lib/dom.js";
import { takeBackVisits, tellHeldVisits, UNDO_MS } from "../lib/handing/queue.js";
import { t } from "../lib/words.js";

/** @typedef {import("../lib/handing/queue.js").Visit} Visit */

let end = () => {};

/**
 * Offer to take visits back; when the seconds are over, or the page is left, they are told.
 * @param {Visit[]} visits
 * @param {{picture: string, words: () => string}} reason
 * @param {{onUndone: () => void, onOver: () => void}} listener
 */
export function offerUndo(visits, { picture, words }, { onUndone, onOver }) {
  end();
  if (!visits.length) return;
  const undo = async () => {
    close();
    await takeBackVisits(visits);
    onUndone();
  };
  const isByKeys = document.activeElement?.matches(":focus-visible");
  const said = visits.map(({ reference }) => el("bdi", { dir: "ltr" }, reference));
  const button = makeButton({ class: "undo-button", "data-undo": "", onclick: undo }, t("Undo"));
  const bar = el(
    "div",
    { class: "undo", role: "status", "data-undo-bar": "" },
    icon(picture),
    el("p", {}, el("strong", {}, words()), ...said),
    button,
  );
  const over = () => (close(), onOver());
  const timer = setTimeout(over, UNDO_MS);
  function close() {
    clearTimeout(timer);
    bar.remove();
    end = () => {};
  }
  // Another visit follows: this one is over when its seconds are.
  end = () => bar.remove();
  // An open sheet lies above everything else.
  ([...document.querySelectorAll("dialog[open]")].at(-1) ?? one("main")).append(bar);
  // It is gone before Tab comes so far.
  if (isByKeys) button.focus();
}

document.addEventListener("visibilitychange", () => document.hidden && leave());
addEventListener("pagehide", leave);

function leave() {
  end();
  tellHeldVisits().catch(() => undefined);
}
