/** Try a hand scanner: what it types is compared with what the symbol says, and what it adds is remembered. */

import { el, icon, one } from "../lib/dom.js";
import { examine, keepHabits } from "../lib/scanning/scanner-habits.js";
import { listenForRawScans } from "../lib/scanning/wedge.js";
import { loadWords, t } from "../lib/words.js";

await loadWords();
const expected = one("[data-expected]").dataset.expected ?? "";
const WRONG = {
  layout: t("Wrong letters. Set the scanner to a US keyboard."),
  lost: t("Characters are missing. Make the scanner type more slowly."),
  other: t("That was another symbol. Scan this one."),
};
const WAYS = /** @type {Partial<Record<import("../lib/scanning/wedge.js").Way, string>>} */ ({
  numbers: t("It types each character as Alt and a number (ALT mode). That works. Without ALT mode it is quicker."),
  signs: t("It types characters without keys, as on Android. That works."),
});

/** @param {string} text @param {import("../lib/scanning/wedge.js").Manner} manner */
function judge(text, manner) {
  const { works, wrong, slow, endless, habits } = examine(text, expected, manner);
  if (works) keepHabits(habits);
  const hints = [
    works && WAYS[manner.by],
    works && slow && manner.by !== "numbers" && t("It types slowly. Remove the pause between characters."),
    works && endless && t("Set it to press Enter after each scan."),
    works && (habits.prefix || habits.suffix) && t("What it adds is ignored."),
  ].filter(Boolean);
  const word = wrong ? WRONG[wrong] : t("The scanner works.");
  one("[data-found]").replaceChildren(
    el(
      "p",
      { class: `notice ${works ? "notice-good" : "notice-bad"}`, "data-works": String(works) },
      icon(works ? "check" : "close"),
      word,
    ),
    ...hints.map((hint) => el("p", {}, String(hint))),
    el("p", { class: "quiet" }, t("It typed:"), " ", el("bdi", { class: "scanner-heard", dir: "ltr" }, text)),
  );
}

/** @param {string} shortcut */
function tellHeld(shortcut) {
  const words = t("It presses %(keys)s after a scan. That is ignored here. Set its suffix to Enter.", {
    keys: shortcut,
  });
  document.querySelector("[data-held]")?.remove();
  one("[data-found]").append(el("p", { "data-held": shortcut }, words));
}

// What comes right after the text is heard before the text is known to be over.
listenForRawScans({ onScan: judge, onKey: () => {}, onHeld: (shortcut) => setTimeout(tellHeld, 400, shortcut) });
document.documentElement.dataset.listening = "";
