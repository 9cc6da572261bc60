/** The recipient's page while it is open: turns green with the driver's screen, keeps the phone awake. */

import { stayAwake } from "./lib/camera.js";
import { one } from "./lib/dom.js";
import { unlockOnFirstTouch } from "./lib/sound.js";
import { VerdictScreen } from "./lib/verdict.js";
import { loadWords } from "./lib/words.js";

const POLL_MS = 1500;
const CALM_MS = 6000;
const SLOWEST_MS = 30000;
// Somebody who has just opened or touched the page may stand at the door.
const WATCHFUL_MS = 10 * 60 * 1000;

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

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const answer = await fetch(`${address}/status`, {
      cache: "no-store",
      headers: seen ? { "If-None-Match": seen } : {},
      signal: AbortSignal.timeout(CALM_MS),
    });
    if (answer.status === 404) return location.reload();
    if (!answer.ok && answer.status !== 304) throw new Error("busy");
    if (answer.ok) tell(await answer.json());
    seen = answer.headers.get("ETag") ?? "";
    pause = Date.now() - touchedAt < WATCHFUL_MS ? POLL_MS : CALM_MS;
    one("[data-offline]").hidden = true;
  } catch {
    // Many pages that wait for a service in need must not keep it there.
    pause = Math.min(pause * 2, SLOWEST_MS) * (0.75 + Math.random() / 2);
    one("[data-offline]").hidden = navigator.onLine;
  }
  timer = setTimeout(look, pause);
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
  if (status.look !== page.dataset.look) location.replace(address);
}

/** Nobody's half-written form is taken away. */
function busy() {
  return document.querySelector("details[open] form") !== null;
}

function awake() {
  if (document.hidden) return;
  stayAwake();
  touchedAt = Date.now();
  pause = POLL_MS;
  look();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    page.dataset.paper = button.dataset.print;
    print();
  });
}
for (const link of document.querySelectorAll("[data-forward]")) {
  link.addEventListener("click", (event) => {
    if (!navigator.share) return;
    event.preventDefault();
    navigator.share({ url: link.href }).catch(() => undefined);
  });
}
document.addEventListener("visibilitychange", awake);
document.addEventListener("pointerdown", () => (touchedAt = Date.now()));
look();
