/** The recipient's side of the counter: a second screen or a turned tablet, in the recipient's language. */

import { el, icon, one } from "./lib/dom.js";
import { followCounter } from "./lib/second-screen.js";
import { VerdictScreen } from "./lib/verdict.js";
import { loadWords, pageLanguage, t, wording } from "./lib/words.js";

const UNTIL_TOLD_OTHERWISE_S = 3600;

await loadWords();
const screen = new VerdictScreen({ forRecipient: true });
followCounter(show);
show({ state: "idle", language: null, done: 0, all: 0, verdict: null });

/** @param {import("./lib/second-screen.js").Shown} shown */
function show({ state, language, done, all, verdict }) {
  document.body.dataset.state = state;
  if (state === "verdict" && verdict) showVerdict(verdict);
  else screen.close();
  one("[data-story]").hidden = state !== "idle";
  one("[data-progress]").replaceChildren(...(state === "idle" ? [] : progress(state, language, done, all)));
}

/** @param {import("./lib/presentation.js").Verdict} verdict */
function showVerdict(verdict) {
  screen.show(verdict, { seconds: UNTIL_TOLD_OTHERWISE_S });
  if (verdict.of < 2 || !screen.shown) return;
  one(".verdict-words", screen.shown).after(el("p", { class: "second-count", dir: "ltr", "data-count": "" }, `${verdict.handed_over} / ${verdict.of}`));
}

/** @param {string} state @param {string|null} language @param {number} done @param {number} all */
function progress(state, language, done, all) {
  const words = wording("unknown", language ?? pageLanguage());
  const boxes = Array.from({ length: all }, (_, place) => el("li", { class: place < done ? "done" : "" }, icon(place < done ? "check" : "parcel")));
  return [
    state === "listing" ? icon("show-code", "second-mark") : icon("scan", "second-mark"),
    all ? el("ol", { class: "second-boxes", dir: "ltr", "aria-label": t("%(done)s of %(all)s", { done, all }) }, ...boxes) : null,
    all ? el("p", { class: "second-count", dir: "ltr", "data-count": "" }, `${done} / ${all}`) : null,
    el("p", { class: "second-words", lang: words.language, dir: words.direction }, words.ownStep),
  ].filter((each) => each !== null);
}
