/** The counter's page: a hand scanner that types is enough. A code is answered with what to fetch, and from where. */

import { collectionView } from "./collection-view.js";
import { CounterHanding } from "./counter-handing.js";
import { foldCamera } from "./folding.js";
import { el, one } from "../lib/dom.js";
import { buildHandingPage } from "../lib/handing/handing-page.js";
import { AT_THE_COUNTER, LABEL, Practice, startedByAddress } from "../lib/handing/practice.js";
import { shownOf, tellSecondScreen } from "./second-screen.js";
import { printSlip } from "./slip.js";
import { Shift } from "./shift.js";
import { listenForScans } from "../lib/scanning/wedge.js";
import { t } from "../lib/words.js";

const tell = tellSecondScreen();
const place = el("div", { class: "collection-place" });
one("main.handing").append(place);
const { handing, keypad, camera, typeLabel } = await buildHandingPage({
  needsParcel: false,
  Kind: CounterHanding,
  onDrawn: (drawn) => draw(/** @type {CounterHanding} */ (drawn)),
});
const counter = /** @type {CounterHanding} */ (handing);
foldCamera(camera);
counter.askWho = connectWho();
counter.screen.onPrint = printSlip;
const shift = new Shift();
listenForScans({
  onScan: (text) => (shift.takes(text) ? shift.scan(text) : counter.scan(text)),
  onKey: (key) => (shift.locked ? shift.press(key) : !counter.busy && !counter.collection && keypad.press(key)),
});
counter.paused = () => shift.locked;
const practice = new Practice(
  one(".picture"),
  {
    onStart: () => counter.clear(),
    onLabel: () => counter.takeParcel(LABEL, "label"),
    onCode: (code) => counter.takeCode(code),
    onEnd: () => counter.clear(),
  },
  AT_THE_COUNTER,
);
counter.practice = practice;
await shift.open();
startedByAddress(practice, () => counter.busy);
document.documentElement.dataset.listening = "";

/** @param {CounterHanding} drawn */
function draw(drawn) {
  one("main.handing").toggleAttribute("data-listing", Boolean(drawn.collection));
  place.replaceChildren(...(drawn.collection ? [collectionView(drawn, () => typeLabel())] : []));
  tell(shownOf(drawn, drawn.practises));
}

/** Ask whose digits these are: digits alone look nothing up. */
function connectWho() {
  const dialog = /** @type {HTMLDialogElement} */ (one("[data-ask-who]"));
  const form = /** @type {HTMLFormElement} */ (one("form", dialog));
  const field = /** @type {HTMLInputElement} */ (one("input", dialog));
  form.addEventListener("submit", (event) => {
    const button = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter);
    if (button?.value === "cancel") return counter.forgetCode();
    if (field.value.trim().length >= 2) return void counter.takeWho(field.value);
    event.preventDefault();
    field.setCustomValidity(t("Name, or number on the parcel"));
    field.reportValidity();
  });
  field.addEventListener("input", () => field.setCustomValidity(""));
  dialog.addEventListener("cancel", () => counter.forgetCode());
  const said = el("p", { class: "told told-amber", role: "alert", "data-no-name": "", hidden: true });
  field.closest("label")?.before(said);
  return (trouble = "") => {
    // What was typed is mended more quickly than typed anew.
    if (!trouble) field.value = "";
    said.textContent = trouble;
    said.hidden = !trouble;
    if (!dialog.open) dialog.showModal();
    field.select();
  };
}
