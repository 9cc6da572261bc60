/** The recipient's side of the counter: a second screen or a turned tablet, in the recipient's language. */

import { el, icon, one } from "../lib/dom.js";
import { followCounter } from "./second-screen.js";
import { VerdictScreen } from "../lib/handing/verdict.js";
import { loadWords, pageLanguage, spokenIn, t, tIn, wording } from "../lib/words.js";

const UNTIL_TOLD_OTHERWISE_S = 3600;

await loadWords();
const screen = new VerdictScreen({ forRecipient: true });
followCounter(show);
show({ state: "idle", language: null, done: 0, all: 0, verdict: null });

/** @param {import("./second-screen.js").Shown} shown */
function show(shown) {
  const { state, verdict } = shown;
  document.body.dataset.state = state;
  if (state === "verdict" && verdict) showVerdict(verdict);
  else screen.close();
  one("[data-story]").hidden = state !== "idle";
  const told = shown.remark && state === "remark" ? remarkWords(shown.remark) : state === "idle" ? [] : progress(shown);
  one("[data-progress]").replaceChildren(...told);
}

/** @param {import("../lib/handing/presentation.js").Verdict} verdict */
function showVerdict(verdict) {
  screen.show(verdict, { seconds: UNTIL_TOLD_OTHERWISE_S });
  if (!verdict.of || verdict.of < 2 || !screen.shown) return;
  one(".verdict-words", screen.shown).after(
    el("p", { class: "second-count", dir: "ltr", "data-count": "" }, `${verdict.handed_over} / ${verdict.of}`),
  );
}

/**
 * Say what stands against a parcel whose label was read; whose it is nobody knows yet.
 * @param {import("./second-screen.js").Remark} remark
 */
function remarkWords({ outcome, place }) {
  const { tone, word, ownStep } = wording(outcome, pageLanguage());
  return [
    icon(`mark-${tone}`, "second-mark second-wrong"),
    el("p", { class: "second-words" }, word),
    el("p", { class: "second-note" }, place ? t("Waiting at %(point)s", { point: place }) : ownStep),
  ];
}

/**
 * Say what is going on at the counter, to whoever waits before it.
 * @param {import("./second-screen.js").Shown} shown
 */
function progress({ state, language, done, all, wrong, elsewhere }) {
  const reader = language ?? pageLanguage();
  const boxes = Array.from({ length: all }, (_, place) =>
    el("li", { class: place < done ? "done" : "" }, icon(place < done ? "check" : "parcel")),
  );
  const words = (/** @type {string} */ text, /** @type {string} */ kind = "second-words") =>
    el("p", { class: kind, ...spokenIn(reader) }, text);
  return [
    wrong
      ? icon("mark-red", "second-mark second-wrong")
      : icon(state === "listing" ? "story-shelf" : "scan", "second-mark"),
    all
      ? el("ol", { class: "second-boxes", dir: "ltr", "aria-label": t("%(done)s of %(all)s", { done, all }) }, ...boxes)
      : null,
    all ? el("p", { class: "second-count", dir: "ltr", "data-count": "" }, `${done} / ${all}`) : null,
    words(
      wrong
        ? tIn(reader, "That is a different parcel. One moment.")
        : state === "listing"
          ? tIn(reader, "Your parcels are being fetched")
          : wording("unknown", reader).ownStep,
    ),
    elsewhere ? words(tIn(reader, "%(count)s at another pickup point", { count: elsewhere }), "second-note") : null,
  ].filter((each) => each !== null);
}
