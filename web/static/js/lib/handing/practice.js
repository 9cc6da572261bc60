/** Practice, without words: one parcel that is none, handed over, refused, not handed over, taken in. Nothing leaves the device. */

import { el, icon, makeButton } from "../dom.js";
import { t } from "../words.js";

/** What the depot's poster shows as label and as code, and what can be typed in its place. */
export const LABEL = "PRACTICE";
export const PAYLOAD = "7310000000000000000000000000000033";
const RIGHT = "123456";
const WRONG = "654321";

/** The shelf on which the practice parcel lies. */
export const SHELF = "A1";

/** @typedef {"label"|"right"|"fetch"|"shelf"|"wrong"|"visit"|"end"} Step */
/** @type {Step[]} */
const AT_THE_DOOR = ["label", "right", "label", "wrong", "visit", "end"];
/** @type {Step[]} The code comes first, and says what to fetch. */
export const AT_THE_COUNTER = ["right", "fetch", "wrong", "end"];
/** @type {Step[]} */
export const AT_INTAKE = ["label", "shelf", "end"];

export class Practice {
  /**
   * @param {HTMLElement} place
   * @param {{onStart: () => void, onLabel: () => void, onCode?: (code: {payload: string}) => void, onVisit?: () => void,
   *   onShelf?: () => void, onEnd: () => void}} listener
   * @param {Step[]} steps
   */
  constructor(place, listener, steps = AT_THE_DOOR) {
    this.listener = listener;
    this.steps = steps;
    this.turn = -1;
    this.screen = el("section", { class: "practice", "aria-label": t("Practice"), hidden: true });
    place.append(this.screen);
  }

  /** @returns {boolean} */
  get on() {
    return this.turn >= 0;
  }

  /** @returns {Step} */
  get step() {
    return this.steps[this.turn];
  }

  start() {
    this.listener.onStart();
    this.turn = 0;
    this.draw();
  }

  end() {
    this.turn = -1;
    this.screen.hidden = true;
    this.listener.onEnd();
  }

  /** Go on after this step, if it is the one that is due. @param {Step} step */
  done(step) {
    if (this.step !== step) return;
    this.turn += 1;
    this.draw();
  }

  /**
   * Judge as the service would.
   * @param {{payload?: string|null, digits?: string|null}} presented
   * @returns {import("./presentation.js").Verdict}
   */
  judge({ payload, digits }) {
    const accepted = (this.step === "right" || this.step === "fetch") && (payload === PAYLOAD || digits === RIGHT);
    const outcome = accepted ? "accepted" : "wrong_code";
    return {
      outcome,
      accepted,
      practice: true,
      match_number: accepted ? "00" : null,
      parcels: [{ reference: LABEL, outcome }],
    };
  }

  draw() {
    this.screen.hidden = false;
    const dots = this.steps.map((_, place) => el("i", { class: place < this.turn ? "dot dot-done" : "dot" }));
    const close = makeButton(
      { class: "quiet-button", "data-close": "", "aria-label": t("Close"), onclick: () => this.end() },
      icon("close"),
    );
    const head = el(
      "header",
      {},
      icon("practice"),
      el("span", {}, t("Practice")),
      el("span", { class: "dots", "aria-hidden": "true" }, ...dots),
      close,
    );
    this.screen.dataset.step = this.step;
    this.screen.replaceChildren(head, this.thing());
  }

  /** @returns {HTMLElement} what is to be tapped, scanned or typed in this step, as one large picture */
  thing() {
    const { onLabel, onCode, onVisit, onShelf } = this.listener;
    const thing = (
      /** @type {() => void} */ act,
      /** @type {string} */ words,
      /** @type {(Node|string)[]} */ ...drawn
    ) =>
      makeButton(
        { class: `practice-thing practice-${this.step}`, "data-thing": "", onclick: act },
        ...drawn,
        el("span", { class: "only-heard" }, words),
      );
    if (this.step === "label" || this.step === "fetch") return thing(onLabel, t("Scan the parcel"), icon("label"));
    if (this.step === "shelf")
      return thing(
        () => onShelf?.(),
        t("Scan the new shelf, or tap it"),
        icon("load"),
        el("bdi", { class: "practice-digits", dir: "ltr" }, SHELF),
      );
    if (this.step === "visit") return thing(() => onVisit?.(), t("Not handed over"), icon("nobody-home"));
    if (this.step === "end") return thing(() => this.end(), t("Done"), icon("mark-green"));
    const digits = this.step === "right" ? RIGHT : WRONG;
    const payload = this.step === "right" ? PAYLOAD : "";
    const typed = el("bdi", { class: "practice-digits", dir: "ltr" }, `${digits.slice(0, 3)} ${digits.slice(3)}`);
    return thing(() => payload && onCode?.({ payload }), t("Scan or type the code"), icon("show-code"), typed);
  }
}

/**
 * Start practice when the address asks for it, as the link in the bar of every page of a counter does.
 * @param {Practice} practice
 * @param {() => boolean} busy
 */
export function startedByAddress(practice, busy) {
  const look = () => {
    if (location.hash !== "#practice") return;
    history.replaceState(null, "", location.pathname + location.search);
    if (!busy()) practice.start();
  };
  addEventListener("hashchange", look);
  look();
}
