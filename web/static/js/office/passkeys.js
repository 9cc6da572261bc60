/** Passkeys at the office's door and under one's own account; browsers without them see nothing of it. */

import { every } from "../lib/dom.js";

const works = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/**
 * Send JSON, and return what is answered. Throws where the service refuses.
 * @param {string} address
 * @param {unknown} body
 */
async function send(address, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 204 ? null : answer.json();
}

/** @param {HTMLElement} place @param {() => Promise<void>} work */
async function tryIt(place, work) {
  const trouble = /** @type {HTMLElement} */ (place.querySelector("[data-trouble]"));
  trouble.hidden = true;
  try {
    await work();
  } catch (error) {
    // Who closes the browser's own window has changed their mind, and need not be told.
    trouble.hidden = error instanceof DOMException && error.name === "NotAllowedError";
  }
}

for (const place of every("[data-passkey-sign-in]")) {
  if (!works) continue;
  place.hidden = false;
  const { options = "", send: answerTo = "" } = place.dataset;
  place.querySelector("button")?.addEventListener("click", () =>
    tryIt(place, async () => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await send(options, {}));
      const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
      const { next } = await send(answerTo + location.search, { credential: credential.toJSON() });
      location.assign(next);
    }),
  );
}

for (const form of /** @type {HTMLFormElement[]} */ (every("form[data-passkey-add]"))) {
  if (!works) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { password, name } = Object.fromEntries(new FormData(form));
    tryIt(form, async () => {
      const given = await send(form.dataset.options ?? "", { password });
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(given);
      const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
      await send(form.action, { name, credential: credential.toJSON() });
      location.reload();
    });
  });
}
