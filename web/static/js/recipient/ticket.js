/** The recipient's page while it is open: turns green with the driver's screen, keeps the phone awake. */

import { stayAwake } from "../lib/scanning/camera.js";
import { every, one } from "../lib/dom.js";
import { unlockOnFirstTouch } from "../lib/device/sound.js";
import { keepTicket } from "./ticket-keeping.js";
import { VerdictScreen } from "../lib/handing/verdict.js";
import { clock, loadWords, t } from "../lib/words.js";

const POLL_MS = 1500;
const PATIENCE_MS = 6000;
const SLOWEST_MS = 30000;
// Somebody who has just opened or touched the page may stand at the door.
const WATCHFUL_MS = 10 * 60 * 1000;
const TRIES_TO_KEEP = 10;
/** So long a link or form that was tapped may take before the page goes on as if nobody had left it. */
const LEAVING_MS = 20000;

await loadWords();
unlockOnFirstTouch();
stayAwake();
const screen = new VerdictScreen({ forRecipient: true });
const page = one("[data-ticket]");
const address = location.pathname.replace(/\/$/, "");
// What had happened before the page was opened is written on it, not shouted.
let known = page.dataset.at ?? "";
let seen = "";
let touchedAt = Date.now();
let pause = POLL_MS;
let timer = 0;
let leftAt = -LEAVING_MS;
let triesToKeep = page.dataset.kept ? 0 : TRIES_TO_KEEP;

/** The service answered, and not with what was asked for. */
class ServiceTrouble extends Error {}

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  // By hand: `AbortSignal.timeout` came with Safari 16, and many an old phone stays at 15.
  const giveUp = new AbortController();
  const patience = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  try {
    const held = Date.now() - touchedAt < WATCHFUL_MS;
    const answer = await fetch(`${address}/status${held ? "?held" : ""}`, {
      cache: "no-store",
      headers: seen ? { "If-None-Match": seen } : {},
      signal: giveUp.signal,
    });
    if (answer.status === 404 || answer.status === 410) return loadAnew();
    if (!answer.ok && answer.status !== 304) throw new ServiceTrouble();
    // What this phone kept gives way to the service's own page.
    if (page.dataset.kept) return loadAnew();
    if (answer.ok) tell(await answer.json());
    seen = answer.headers.get("ETag") ?? "";
    // The service knows how near the parcel is, and how many pages are open.
    pause = Number(answer.headers.get("Doorcode-Ask-Again")) || POLL_MS;
    one("[data-offline]").hidden = one("[data-service-trouble]").hidden = true;
    keep();
  } catch (error) {
    // Many pages that wait for a service in need must not keep it there.
    pause = Math.min(pause * 2, SLOWEST_MS);
    const failed = error instanceof ServiceTrouble;
    one("[data-service-trouble]").hidden = !failed;
    one("[data-offline]").hidden = failed || navigator.onLine || Boolean(page.dataset.kept);
  } finally {
    clearTimeout(patience);
  }
  clearTimeout(timer);
  timer = setTimeout(look, pause * (0.85 + Math.random() * 0.3));
}

/** @param {{state: string, outcome: string|null, match_number: string|null, at: string|null, look: string, details: object}} status */
function tell(status) {
  const news = Boolean(status.outcome && status.at && status.at !== known);
  if (news) {
    known = status.at ?? "";
    const { outcome, match_number, details } = status;
    const number = status.state === "handed_over" ? match_number : null;
    screen.show(/** @type {any} */ ({ outcome, match_number: number, details }), { onDone: () => freshen(status) });
  } else if (!screen.open && !busy()) freshen(status);
}

/** @param {{look: string}} status */
function freshen(status) {
  // The handed-over page is the receipt; a renewed code's picture is another one.
  if (status.look !== page.dataset.look) loadAnew();
}

/** Show the service's own page, unless somebody is on their way elsewhere: that would take their tap away. */
function loadAnew() {
  const left = LEAVING_MS - (performance.now() - leftAt);
  if (left > 0) timer = setTimeout(look, left);
  else location.replace(address);
}

/** Keep the page on this phone; where reception is poor it may take more than one try. */
async function keep() {
  if (triesToKeep === 0) return;
  const left = triesToKeep - 1;
  triesToKeep = 0;
  await keepTicket(address, page.dataset.look ?? "").catch(() => (triesToKeep = left));
}

/** @param {Element} field */
function unfold(field) {
  for (let fold = field.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) {
    fold.open = true;
  }
}

/** Nobody's half-written form is taken away. */
function busy() {
  return document.querySelector("details[open] form") !== null;
}

function awake() {
  if (document.hidden) return;
  stayAwake();
  touched();
}

/** A hand that takes the phone up may be at the door. */
function touched() {
  const wasLeftLying = Date.now() - touchedAt >= WATCHFUL_MS || pause > POLL_MS;
  touchedAt = Date.now();
  if (wasLeftLying) look();
}

for (const button of every("[data-print]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    page.dataset.paper = button.dataset.print;
    print();
  });
}
for (const link of /** @type {HTMLAnchorElement[]} */ (every("[data-forward]"))) {
  link.addEventListener("click", (event) => {
    if (!navigator.share) return;
    event.preventDefault();
    navigator.share({ url: link.href }).catch(() => undefined);
  });
}
for (const photo of /** @type {HTMLInputElement[]} */ (every("[data-most-bytes]"))) {
  photo.addEventListener("change", () => {
    // Said before minutes are spent on sending what is not taken.
    const isTooLarge = (photo.files?.[0]?.size ?? 0) > Number(photo.dataset.mostBytes);
    photo.setCustomValidity(isTooLarge ? (photo.dataset.tooLarge ?? "") : "");
    photo.reportValidity();
  });
}
// What somebody wrote and a browser brought back, on the way back from an answer, is not folded away.
for (const field of /** @type {(HTMLTextAreaElement|HTMLInputElement)[]} */ (every("details textarea, [name=name]"))) {
  if (field.value !== field.defaultValue) unfold(field);
}
if (page.dataset.kept) {
  one("[data-kept-notice]").textContent = t("Shown from your phone, as it was at %(time)s. No connection.", {
    time: clock(page.dataset.kept),
  });
  one("[data-kept-notice]").hidden = false;
}
keep();
addEventListener("beforeunload", () => (leftAt = performance.now()));
addEventListener("online", awake);
document.addEventListener("visibilitychange", awake);
document.addEventListener("pointerdown", touched);
look();
