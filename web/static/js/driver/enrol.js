/** Set this device up: the secret stands in the address's fragment, which no server ever sees on the way. */

import { enrol, inSecureContext } from "../lib/device/device.js";
import { one } from "../lib/dom.js";
import { settleOldDevice } from "../lib/handing/queue.js";
import { forgetShift } from "./tour.js";
import { troubleOf } from "../lib/service/trouble.js";
import { forgetPage } from "./updating.js";
import { loadWords, t } from "../lib/words.js";

const LANGUAGE_SECONDS = 365 * 24 * 3600;
const HOME = /** @type {Record<string, string>} */ ({ driver: "/driver", counter: "/counter", kiosk: "/kiosk" });

await loadWords();
const secret = location.hash.slice(1);
// The secret must not stay in the history or on the screen.
history.replaceState(null, "", location.pathname);

// Another link that is opened in this tab changes nothing but the fragment.
addEventListener("hashchange", () => location.reload());

const trouble = one("[data-trouble]");
const languages = one("[data-languages]");

/** @param {boolean} may */
function enable(may) {
  for (const button of languages.querySelectorAll("button")) button.disabled = !may;
}

/** @param {string} message */
function tell(message) {
  trouble.textContent = message;
  trouble.hidden = false;
}

/** @param {string} language */
async function setUp(language) {
  document.cookie = `doorcode_language=${language}; path=/; max-age=${LANGUAGE_SECONDS}; samesite=lax`;
  enable(false);
  const chosen = one(`button[value="${language}"]`, languages);
  Object.assign(document.documentElement, { lang: language, dir: chosen.dir });
  await loadWords();
  const forgetLateAnswers = await settleOldDevice().catch(() => async () => undefined);
  const reply = await enrol(secret, language).catch(() => null);
  if (reply?.kind === "answer") {
    await Promise.allSettled([forgetPage(), forgetShift(), forgetLateAnswers()]);
    return location.replace(HOME[reply.value.kind] ?? "/driver");
  }
  // Without a reply this device could not make its key.
  const words = reply ? troubleOf(reply)?.words : t("No connection. Please try again.");
  tell(words ?? t("This link has been used or is too old. Ask for a new one."));
  enable(Boolean(words));
}

if (!inSecureContext()) tell(t("Open this page at its https address."));
else if (!secret) tell(t("Scan the code shown in the back office."));
else {
  languages.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (button) setUp(button.value);
  });
  enable(true);
}
