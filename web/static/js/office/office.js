/** The back office works without scripts; these make it pleasanter. */

import { every } from "../lib/dom.js";

for (const button of every("[data-print]")) button.addEventListener("click", () => print());

for (const button of every("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(button.dataset.copy ?? "").catch(() => undefined);
    button.textContent = button.dataset.done ?? "";
  });
}

// A double tap sends once.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
}

// On a phone the links are one row to push along; the page that is open shall be seen in it.
document.querySelector(".side-links [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
