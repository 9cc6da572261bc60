/** The full-screen verdict, the same on every page: shape, one word in two languages, next step, match number. */

import { depotLink } from "../depot.js";
import { el, focusKeeper, icon, makeButton, one } from "../dom.js";
import { play } from "../device/sound.js";
import { clock, pageLanguage, spokenIn, t, tIn, wording } from "../words.js";

// A finger that was typing must not wipe a verdict away before it was seen.
const GUARD_MS = 500;
// Whoever scans on after this has seen it.
const SEEN_MS = 1500;
const SAID = "verdict-said";
// How far, and in which steps, long words of a verdict shrink.
const [SMALLEST, STEP] = [0.4, 0.05];
const ASKED_AGAIN = new Set(["unknown", "service_trouble", "offline_wait", "offline_unchecked", "offline_digits"]);

/**
 * @typedef {import("./presentation.js").Verdict} Verdict
 * @typedef {{seconds?: number, onDone?: () => void, onAgain?: () => void, onLater?: () => void}} Choices
 */

export class VerdictScreen {
  /**
   * @param {{forRecipient?: boolean, next?: import("../../kiosk/kiosk-verdict.js").Next | null}} [options] whose next step is told,
   *   and how it is told where nobody hands over
   */
  constructor({ forRecipient = false, next = null } = {}) {
    this.forRecipient = forRecipient;
    this.next = next;
    /** @type {((verdict: Verdict) => void) | null} has the slip of a handover printed */
    this.onPrint = null;
    /** @type {HTMLDialogElement | null} */
    this.shown = null;
    this.returnFocus = () => {};
    this.timer = 0;
    /** Puts a verdict away that was seen, by what is done next; not one that is still to be answered. */
    this.leaveIfSeen = () => {};
  }

  /** @returns {boolean} */
  get open() {
    return this.shown !== null;
  }

  /**
   * Show a verdict until it is tapped away, or for some seconds where nobody can tap.
   * @param {Verdict} verdict
   * @param {Choices} [choices]
   */
  show(verdict, choices = {}) {
    this.close();
    const reader = this.forRecipient && verdict.recipient_language ? verdict.recipient_language : pageLanguage();
    const here = wording(verdict.outcome, reader);
    const next = this.next?.(verdict) ?? null;
    const step = next?.step ?? (this.forRecipient ? here.ownStep : here.step);
    // One and the same place has them in every language, the page's among them.
    /** @type {typeof t} */
    const say = (message, values) => tIn(reader, message, values);
    const shownAt = performance.now();
    const done = () => {
      if (performance.now() - shownAt < GUARD_MS) return;
      this.close();
      choices.onDone?.();
    };
    const unanswered = ASKED_AGAIN.has(verdict.outcome);
    const isSeen = () => performance.now() - shownAt > SEEN_MS;
    this.leaveIfSeen = () => !unanswered && !choices.seconds && isSeen() && done();
    // Nothing behind a modal dialog is reached, by Tab or a screen reader.
    const shown = /** @type {HTMLDialogElement} */ (
      el(
        "dialog",
        {
          class: `verdict verdict-${here.tone}`,
          "data-outcome": verdict.outcome,
          role: "alertdialog",
          ...(this.forRecipient ? spokenIn(reader) : {}),
          "aria-label": here.word,
          "aria-describedby": SAID,
          onclick: unanswered || choices.seconds ? null : done,
          oncancel: (/** @type {Event} */ event) => {
            event.preventDefault();
            if (!choices.seconds) unanswered ? choices.onLater?.() : done();
          },
          // A browser may close it all the same, such as by a second Escape: it stays until it was answered.
          onclose: () => this.shown === shown && shown.showModal(),
        },
        el("p", { class: "only-heard", id: SAID }, [step, verdict.match_number].filter(Boolean).join(". ")),
        el(
          "div",
          { class: "verdict-body" },
          verdict.practice ? el("p", { class: "verdict-practice" }, icon("practice"), t("Practice")) : null,
          icon(`mark-${here.tone}`, "verdict-mark"),
          el(
            "div",
            { class: "verdict-words" },
            ...words(here, verdict.outcome, this.forRecipient ? pageLanguage() : verdict.recipient_language),
          ),
          details(verdict, say, reader),
          next?.place ?? matchNumber(verdict, say),
          el(
            "div",
            { class: "verdict-step" },
            icon(next?.picture ?? here.picture, "verdict-picture"),
            (!this.forRecipient && here.callsDepot && depotLink()) || el("p", {}, step),
          ),
          this.next ? null : parcels(verdict),
        ),
        el(
          "div",
          { class: "verdict-choices" },
          ...buttons({ unanswered, done, choices, print: this.printing(verdict) }),
        ),
      )
    );
    this.returnFocus = focusKeeper();
    this.shown = shown;
    document.body.append(shown);
    shown.showModal();
    const place = one(".verdict-words", shown);
    fit(place);
    // The phone may be turned.
    new ResizeObserver(() => fit(place)).observe(place);
    shown.querySelector("button")?.focus({ preventScroll: true });
    // A list that scrolls had the focus for a moment.
    shown.scrollTop = 0;
    play(here.tone);
    if (choices.seconds) this.timer = setTimeout(() => (this.close(), choices.onDone?.()), choices.seconds * 1000);
  }

  /** @param {Verdict} verdict */
  printing(verdict) {
    const { onPrint } = this;
    return onPrint && verdict.accepted && !verdict.practice ? () => onPrint(verdict) : null;
  }

  close() {
    clearTimeout(this.timer);
    if (!this.shown) return;
    const { shown } = this;
    this.shown = null;
    this.leaveIfSeen = () => {};
    shown.close();
    shown.remove();
    this.returnFocus();
  }
}

/** Make the letters small enough for the place that every outcome's words have. @param {HTMLElement} place */
function fit(place) {
  place.style.removeProperty("--fit");
  for (let size = 1; place.scrollHeight > place.clientHeight + 1 && size > SMALLEST; size -= STEP)
    place.style.setProperty("--fit", String(size));
}

/**
 * @param {ReturnType<typeof wording>} here
 * @param {string} outcome
 * @param {string|null|undefined} language of the other person
 */
function words(here, outcome, language) {
  const big = wordIn(here, "verdict-word");
  if (!language) return [big];
  const there = wording(outcome, language);
  return there.language === here.language ? [big] : [big, wordIn(there, "verdict-other-word")];
}

/**
 * @param {ReturnType<typeof wording>} shown
 * @param {string} className
 */
function wordIn(shown, className) {
  const element = el("p", { class: className, lang: shown.language, dir: shown.direction }, shown.word);
  // The longest single word decides how large the letters can be without breaking it.
  element.style.setProperty("--letters", String(Math.max(...shown.word.split(/\s/).map((word) => word.length))));
  return element;
}

// Why a handover without network would not have been green, in the words of what would have been answered.
const CONFLICTS = /** @type {Record<string, string>} */ ({
  renewed: "old_code",
  revoked: "revoked",
  blocked: "revoked",
  expired: "expired",
  handed_over_before: "already_handed_over",
});

/** @param {Verdict} verdict @param {typeof t} say @param {string} language whose words these are */
function details(verdict, say, language) {
  const {
    handed_over_at: handedOver,
    newer_sent_at: newer,
    tries_left: tries,
    place,
    conflict,
    other_tour: isOnOtherTour,
  } = verdict.details ?? {};
  if (verdict.outcome === "not_here" && place)
    return el(
      "p",
      { class: "verdict-detail" },
      icon("place"),
      el("bdi", {}, say("Waiting at %(point)s", { point: place })),
    );
  let line = null;
  if (verdict.outcome === "already_handed_over" && handedOver)
    line = say("Handed over at %(time)s", { time: clock(handedOver, { language }) });
  else if (verdict.outcome === "old_code" && newer)
    line = say("A newer one was sent at %(time)s", { time: clock(newer, { language }) });
  else if (verdict.outcome === "wrong_code" && typeof tries === "number")
    line = tries
      ? say("Tries left: %(count)s", { count: tries })
      : say("No tries left: the digits are locked. Scan the code instead.");
  else if (verdict.outcome === "conflict" && conflict)
    line = wording(CONFLICTS[conflict] ?? "conflict", pageLanguage()).word;
  else if (verdict.accepted && isOnOtherTour) line = wording("other_tour", pageLanguage()).word;
  else if (verdict.outcome === "refused" && verdict.reason) line = verdict.reason;
  return line && el("p", { class: "verdict-detail" }, line);
}

/** @param {Verdict} verdict @param {typeof t} say */
function matchNumber(verdict, say) {
  if (!verdict.match_number) return null;
  return el(
    "div",
    { class: "verdict-match" },
    el("span", { class: "verdict-number", dir: "ltr" }, verdict.match_number),
    el("span", { class: "verdict-same" }, say("Both screens show this number")),
  );
}

/** @param {Verdict} verdict */
function parcels(verdict) {
  const { parcels: judged = [], stay = [] } = verdict;
  if (!judged.length) return null;
  if (judged.length + stay.length === 1)
    return el("p", { class: "verdict-reference" }, el("bdi", {}, judged[0].reference));
  const count = t("%(done)s of %(all)s handed over", {
    done: verdict.handed_over ?? 0,
    all: verdict.of ?? judged.length,
  });
  const rows = judged.map(({ reference, outcome }) => {
    // Green is shown of what was handed over alone: beside one that was refused, the others stay where they are.
    const isHeldBack = !verdict.accepted && outcome === "accepted";
    const look = wording(outcome, pageLanguage());
    const [mark, word] = isHeldBack ? ["neutral", t("Not handed over")] : [look.tone, look.word];
    return row(mark, reference, stay.length ? t("Set this one aside") : word, { "data-put-down": stay.length > 0 });
  });
  const staying = stay.map((reference) => row("neutral", reference, t("Still in hand"), { "data-stays": "" }));
  return el(
    "div",
    { class: "verdict-parcels" },
    stay.length ? null : el("p", {}, count),
    el("ul", { tabindex: rows.length + staying.length > 3 && "0" }, ...rows, ...staying),
  );
}

/** @param {string} mark @param {string} reference @param {string} told @param {Record<string, unknown>} marks */
const row = (mark, reference, told, marks) =>
  el("li", marks, icon(`mark-${mark}`), el("bdi", {}, reference), el("span", {}, told));

/** @param {{unanswered: boolean, done: () => void, choices: Choices, print: (() => void) | null}} situation */
function buttons({ unanswered, done, choices, print }) {
  if (choices.seconds) return [];
  const stop = (/** @type {() => void} */ act) => (/** @type {Event} */ event) => (event.stopPropagation(), act());
  if (!unanswered) {
    return [
      makeButton({ class: "verdict-go", onclick: stop(done) }, t("Next")),
      print && makeButton({ class: "verdict-later", onclick: stop(print) }, icon("print"), t("Print")),
    ].filter(Boolean);
  }
  return [
    makeButton({ class: "verdict-go", onclick: stop(() => choices.onAgain?.()) }, icon("try-again"), t("Try again")),
    choices.onLater && makeButton({ class: "verdict-later", onclick: stop(choices.onLater) }, t("Later")),
  ].filter(Boolean);
}
