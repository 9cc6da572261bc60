/** No code at the counter: send the mail again, or have two supervisors sign. A name alone releases nothing. */

import { ask } from "../lib/service/api.js";
import { el, icon, makeButton, one } from "../lib/dom.js";
import { number } from "../lib/handing/hand-view.js";
import { buildPickupPage, faultOf, forgetSoon, noLabel, told } from "./pickup-page.js";
import { play, tick } from "../lib/device/sound.js";
import { t } from "../lib/words.js";

/** @type {string | null} */
let reference = null;
/** @type {HTMLElement | null} */
let message = null;
let signing = false;

const { typeLabel } = await buildPickupPage({ onLabel: take, onShelf: () => say(noLabel()), onOther: say });
draw();

/** @param {string} label */
function take(label) {
  reference = label;
  message = null;
  signing = false;
  tick();
  draw();
}

async function sendAgain() {
  const reply = await ask("/api/v1/tour/mails", { method: "POST", json: { reference } });
  if (reply.kind !== "answer") return say(faultOf(reply));
  const words = /** @type {Record<string, string>} */ ({
    sent: t("The code is on its way again."),
    too_soon: t("It was sent just now"),
    too_often: t("No more emails today"),
    no_address: t("No email address known"),
    no_code: t("There is no code to send"),
  });
  const { result } = reply.value;
  say({ tone: result === "sent" ? "green" : "amber", word: words[result] ?? result });
}

/** @param {SubmitEvent} event */
async function sign(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const signed = (/** @type {string} */ which) => ({
    name: fields.get(`${which}-name`),
    password: fields.get(`${which}-password`),
    code: fields.get(`${which}-code`) ?? "",
  });
  const json = { reference, reason: fields.get("reason"), first: signed("first"), second: signed("second") };
  const reply = await ask("/api/v1/supervised-handovers", { method: "POST", json, patience: 20000 });
  if (reply.kind !== "answer")
    return say(reply.kind === "problem" ? { tone: "red", word: wordFor(reply) } : faultOf(reply));
  message = el(
    "div",
    { class: "told told-neutral", role: "alert", "data-told": "supervised" },
    icon("hand-over"),
    el("strong", {}, t("Handed over without a code")),
    el("span", { class: "supervised-number", dir: "ltr" }, reply.value.match_number),
  );
  reference = null;
  signing = false;
  play("neutral");
  draw();
}

/** @param {{slug: string, detail: string, status: number} & import("../lib/service/api.js").Reply} reply */
function wordFor(reply) {
  const words = /** @type {Record<string, string>} */ ({
    "bad-signer": t("A name, a password, a PIN or a code is wrong"),
    "not-supervised": t("Two different supervisors and a reason are needed"),
    "too-many-tries": t("Too many tries. Wait a quarter of an hour."),
  });
  return words[reply.slug] ?? faultOf(reply).word;
}

/** What was typed stays where it is. @param {{tone: string, word: string}} fault */
function say({ tone, word }) {
  const said = told(tone, word);
  message = said;
  play(tone);
  one("[data-message]").replaceChildren(said);
  forgetSoon(() => (said.remove(), (message = message === said ? null : message)));
}

function draw() {
  one("[data-work]").replaceChildren(
    el("div", { "data-message": "" }, ...(message ? [message] : [])),
    reference ? choices(reference) : el("p", { class: "invitation" }, icon("label"), t("Scan the parcel")),
    signing ? form() : el("div", { class: "collection-choices" }, typeButton()),
  );
}

function typeButton() {
  return makeButton(
    { class: "button", "data-type": "", onclick: typeLabel },
    icon("keyboard-small"),
    t("Type the number"),
  );
}

/** @param {string} label */
function choices(label) {
  const open = () => ((signing = true), (message = null), draw());
  return el(
    "div",
    { class: "placed placed-plain", "data-chosen": label },
    number(label),
    makeButton(
      { class: "button button-first", "data-send": "", onclick: sendAgain },
      icon("mail"),
      t("Send the email again"),
    ),
    signing
      ? null
      : makeButton(
          { class: "button", "data-sign": "", onclick: open },
          icon("hand-over-small"),
          t("Two supervisors confirm"),
        ),
  );
}

function form() {
  const reason = el("textarea", { name: "reason", required: true, minlength: 10, maxlength: 500 });
  return el(
    "form",
    { class: "form-plain", "data-supervised": "", onsubmit: sign },
    el("label", { class: "field" }, el("span", {}, t("Reason")), reason),
    el("div", { class: "signers" }, signer("first", t("First supervisor")), signer("second", t("Second supervisor"))),
    el("button", { class: "button button-first" }, icon("hand-over-small"), t("Hand over without a code")),
  );
}

/** @param {string} which @param {string} title */
function signer(which, title) {
  const field = (
    /** @type {string} */ name,
    /** @type {string} */ words,
    /** @type {Record<string, unknown>} */ more,
  ) =>
    el(
      "label",
      { class: "field" },
      el("span", {}, words),
      el("input", { name: `${which}-${name}`, autocomplete: "off", ...more }),
    );
  return el(
    "fieldset",
    {},
    el("legend", {}, title),
    field("name", t("Name"), { required: true, maxlength: 100 }),
    field("password", t("Password or PIN"), { type: "password", required: true, maxlength: 1000 }),
    field("code", t("Code from the app, if there is one"), { maxlength: 100, inputmode: "numeric" }),
  );
}
