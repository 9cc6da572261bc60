/** The recipient's page while it is open: turns green with the driver's screen, keeps the phone awake. */

import { ask } from "./lib/api.js";
import { stayAwake } from "./lib/camera.js";
import { one } from "./lib/dom.js";
import { unlockOnFirstTouch } from "./lib/sound.js";
import { VerdictScreen } from "./lib/verdict.js";
import { loadWords } from "./lib/words.js";

const POLL_MS = 1500;
const SLOW_MS = 6000;

await loadWords();
unlockOnFirstTouch();
stayAwake();
const screen = new VerdictScreen({ forRecipient: true });
const page = one("[data-ticket]");
// What had happened before the page was opened is written on it, not shouted.
let known = page.dataset.at ?? "";
let pause = POLL_MS;

async function look() {
  const reply = document.hidden ? null : await ask(`${location.pathname.replace(/\/$/, "")}/status`);
  if (reply?.kind === "answer") tell(reply.value);
  pause = reply?.kind === "answer" ? POLL_MS : SLOW_MS;
  one("[data-offline]").hidden = reply?.kind !== "silence";
  setTimeout(look, pause);
}

/** @param {{state: string, outcome: string|null, match_number: string|null, at: string|null}} status */
function tell(status) {
  if (!status.outcome || !status.at || status.at === known) return;
  known = status.at;
  screen.show({ outcome: status.outcome, match_number: status.match_number }, { onDone: () => leaveIfDone(status) });
}

/** @param {{state: string}} status */
function leaveIfDone(status) {
  // The handed-over page is the receipt; the code is of no use any more.
  if (status.state === "handed_over") location.reload();
}

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
document.addEventListener("visibilitychange", () => document.hidden || stayAwake());
look();
