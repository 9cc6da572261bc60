/** Who works at this shared counter: nothing is done here until somebody signed in, by PIN or badge, if the house wants that. */

import { ask } from "../lib/service/api.js";
import { el, icon, makeButton, one } from "../lib/dom.js";
import { Keypad } from "../lib/handing/keypad.js";
import { BADGE } from "../lib/handing/payload.js";
import { troubleOf } from "../lib/service/trouble.js";
import { t } from "../lib/words.js";

const LOOK_MS = 15_000;

/** @typedef {import("../lib/api-types.js").ShiftAnswer} Known */

export class Shift {
  constructor() {
    /** @type {Known} */
    this.known = { needed: false, name: null, tasks: [], names: [], idle_seconds: 600 };
    this.who = makeButton({ class: "shift-who", "data-shift-who": "", hidden: true, onclick: () => this.leave() });
    one("[data-tools-rest]").append(this.who);
    /** @type {HTMLElement | null} */
    this.door = null;
    /** @type {Keypad | null} */
    this.keypad = null;
    this.movedAt = Date.now();
    for (const kind of ["pointerdown", "keydown"])
      addEventListener(kind, () => (this.movedAt = Date.now()), { capture: true });
    setInterval(() => this.look(), LOOK_MS);
  }

  /** Sign out whoever went; tell the service that whoever is here still moves. */
  look() {
    if (this.locked || !this.known.needed) return;
    const still = Date.now() - this.movedAt;
    if (still > this.known.idle_seconds * 1000) this.leave();
    else if (still < LOOK_MS) this.open();
  }

  /** @returns {boolean} whether somebody has to sign in first */
  get locked() {
    return this.door !== null;
  }

  /** Ask who works here. */
  async open() {
    const reply = await ask("/api/v1/shift");
    if (reply.kind === "answer") this.draw(reply.value);
  }

  /** @param {Known} known */
  draw(known) {
    this.known = known;
    this.who.hidden = !known.name;
    this.who.replaceChildren(icon("people"), el("bdi", {}, known.name ?? ""), icon("sign-out"));
    this.who.setAttribute("aria-label", `${t("Sign out")}: ${known.name}`);
    this.door?.remove();
    this.door = this.keypad = null;
    for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tasks]")))
      link.hidden = !this.may(link.dataset.tasks);
    if (known.needed && !known.name) this.showDoor();
    else this.findPage();
  }

  /** Whether who works here may do one of these. @param {string} [tasks] */
  may(tasks) {
    return !tasks || tasks.split(" ").some((task) => this.known.tasks.includes(task));
  }

  /** Leave a page that is for others, and one that says so when it is no longer. */
  findPage() {
    const page = one("main");
    const refused = "refused" in page.dataset;
    if (this.may(page.dataset.asks) === !refused) return;
    const other = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-tasks]:not([hidden])"));
    if (refused || !other) location.reload();
    else location.replace(other.href);
  }

  /** Whether this is no parcel's affair: nobody is signed in, or a colleague's badge was read. @param {string} text */
  takes(text) {
    return this.locked || (this.known.needed && BADGE.test(text));
  }

  /** Read what the hand scanner typed while nobody is signed in, or a badge. @param {string} text */
  async scan(text) {
    if (BADGE.test(text)) await this.enter({ badge: text });
    else this.tell(t("Scan your badge"));
  }

  /** @param {string} key */
  press(key) {
    this.tell("");
    return this.keypad?.press(key);
  }

  async leave() {
    const reply = await ask("/api/v1/shift", { method: "DELETE" });
    if (reply.kind !== "silence") await this.open();
  }

  /** @param {{badge: string} | {name: string, pin: string}} by */
  async enter(by) {
    const reply = await ask("/api/v1/shift", { method: "POST", json: { by } });
    if (reply.kind === "answer") return this.draw(reply.value);
    if (reply.slug === "not-your-role") return this.tell(t("Ask a colleague who may do this"));
    this.tell(troubleOf(reply)?.words ?? t("That is not right. Try again."));
  }

  showDoor() {
    const names = this.known.names.map((name) =>
      makeButton({ class: "button", onclick: () => this.askPin(name) }, el("bdi", {}, name)),
    );
    this.said = el("p", { class: "shift-said", role: "status" });
    this.door = el(
      "section",
      { class: "shift-door", role: "dialog", "aria-modal": "true", "aria-label": t("Who is working here?") },
      el("h2", {}, t("Who is working here?")),
      el("p", { class: "shift-badge" }, icon("scan"), t("Scan your badge")),
      el("div", { class: "shift-names" }, ...names),
      el("div", { class: "shift-pin", hidden: true, onclick: () => this.tell("") }),
      this.said,
    );
    document.body.append(this.door);
  }

  /** @param {string} name */
  askPin(name) {
    const place = /** @type {HTMLElement} */ (this.door?.querySelector(".shift-pin"));
    for (const button of this.door?.querySelectorAll(".shift-names button") ?? [])
      button.setAttribute("aria-pressed", String(button.textContent === name));
    place.hidden = false;
    place.replaceChildren();
    this.keypad = new Keypad(place, (pin) => this.enter({ name, pin }), { secret: true });
  }

  /** @param {string} words */
  tell(words) {
    if (this.said) this.said.textContent = words;
  }
}
