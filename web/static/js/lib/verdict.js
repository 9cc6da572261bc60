/** The full-screen verdict, the same on every page: shape, one word in two languages, next step, match number. */

import { el, icon } from "./dom.js";
import { play } from "./sound.js";
import { clock, pageLanguage, t, wording } from "./words.js";

// A finger that was typing must not wipe a verdict away before it was seen.
const GUARD_MS = 500;
const UNANSWERED = new Set(["unknown", "offline_wait", "offline_unchecked", "offline_digits"]);

/**
 * @typedef {import("./presentation.js").Verdict} Verdict
 * @typedef {{seconds?: number, onDone?: () => void, onAgain?: () => void, onLater?: () => void}} Choices
 */

export class VerdictScreen {
  /**
   * @param {{forRecipient?: boolean, next?: import("./kiosk-verdict.js").Next | null}} [options] whose next step is told,
   *   and how it is told where nobody hands over
   */
  constructor({ forRecipient = false, next = null } = {}) {
    this.forRecipient = forRecipient;
    this.next = next;
    // One region that is always there: screen readers announce changes, not newcomers.
    this.said = el("div", { class: "only-heard", role: "status", "aria-live": "assertive" });
    document.body.append(this.said);
    /** @type {((verdict: Verdict) => void) | null} has the slip of a handover printed */
    this.onPrint = null;
    /** @type {HTMLElement | null} */
    this.shown = null;
    this.timer = 0;
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
    const shownAt = performance.now();
    const done = () => {
      if (performance.now() - shownAt < GUARD_MS) return;
      this.close();
      choices.onDone?.();
    };
    const unanswered = UNANSWERED.has(verdict.outcome);
    this.shown = el(
      "section",
      {
        class: `verdict verdict-${here.tone}`,
        "data-outcome": verdict.outcome,
        role: "alertdialog",
        "aria-modal": "true",
        "aria-label": here.word,
        onclick: unanswered || choices.seconds ? null : done,
      },
      el(
        "div",
        { class: "verdict-body" },
        verdict.practice ? el("p", { class: "verdict-practice" }, icon("practice"), t("Practice")) : null,
        icon(`mark-${here.tone}`, "verdict-mark"),
        el("div", { class: "verdict-words" }, ...words(here, verdict.outcome, this.forRecipient ? pageLanguage() : verdict.recipient_language)),
        details(verdict),
        next?.place ?? matchNumber(verdict),
        el("div", { class: "verdict-step" }, icon(next?.picture ?? here.picture, "verdict-picture"), el("p", {}, step)),
        this.next ? null : parcels(verdict),
      ),
      el("div", { class: "verdict-choices" }, ...buttons({ unanswered, done, choices, print: this.printing(verdict) })),
    );
    document.body.append(this.shown);
    document.body.classList.add("verdict-open");
    this.said.textContent = [here.word, step, verdict.match_number].filter(Boolean).join(". ");
    this.shown.querySelector("button")?.focus({ preventScroll: true });
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
    this.shown?.remove();
    this.shown = null;
    this.said.textContent = "";
    document.body.classList.remove("verdict-open");
  }
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

/** @param {Verdict} verdict */
function details(verdict) {
  const { handed_over_at: handedOver, newer_sent_at: newer, tries_left: tries } = verdict.details ?? {};
  let line = null;
  if (verdict.outcome === "already_handed_over" && handedOver) line = t("Handed over at %(time)s", { time: clock(handedOver) });
  else if (verdict.outcome === "old_code" && newer) line = t("A newer one was sent at %(time)s", { time: clock(newer) });
  else if (verdict.outcome === "wrong_code" && Number.isInteger(tries)) line = t("Tries left: %(count)s", { count: tries });
  else if (verdict.outcome === "refused" && verdict.reason) line = verdict.reason;
  return line && el("p", { class: "verdict-detail" }, line);
}

/** @param {Verdict} verdict */
function matchNumber(verdict) {
  if (!verdict.match_number) return null;
  return el(
    "div",
    { class: "verdict-match" },
    el("span", { class: "verdict-number", dir: "ltr" }, verdict.match_number),
    el("span", { class: "verdict-same" }, t("Both screens show this number")),
  );
}

/** @param {Verdict} verdict */
function parcels(verdict) {
  const judged = verdict.parcels ?? [];
  if (!judged.length) return null;
  if (judged.length === 1) return el("p", { class: "verdict-reference" }, el("bdi", {}, judged[0].reference));
  const count = t("%(done)s of %(all)s handed over", { done: verdict.handed_over ?? 0, all: verdict.of ?? judged.length });
  const rows = judged.map((/** @type {{reference: string, outcome: string}} */ parcel) => {
    const look = wording(parcel.outcome, pageLanguage());
    return el("li", {}, icon(`mark-${look.tone}`), el("bdi", {}, parcel.reference), el("span", {}, look.word));
  });
  return el("div", { class: "verdict-parcels" }, el("p", {}, count), el("ul", {}, ...rows));
}

/** @param {{unanswered: boolean, done: () => void, choices: Choices, print: (() => void) | null}} situation */
function buttons({ unanswered, done, choices, print }) {
  if (choices.seconds) return [];
  const stop = (/** @type {() => void} */ act) => (/** @type {Event} */ event) => (event.stopPropagation(), act());
  if (!unanswered) {
    return [
      el("button", { type: "button", class: "verdict-go", onclick: stop(done) }, t("Next")),
      print && el("button", { type: "button", class: "verdict-later", onclick: stop(print) }, icon("print"), t("Print")),
    ].filter(Boolean);
  }
  return [
    el("button", { type: "button", class: "verdict-go", onclick: stop(() => choices.onAgain?.()) }, icon("try-again"), t("Again")),
    choices.onLater && el("button", { type: "button", class: "verdict-later", onclick: stop(choices.onLater) }, t("Later")),
  ].filter(Boolean);
}
