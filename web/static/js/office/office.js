/** The back office works without scripts; these make it pleasanter. */

import { every } from "../lib/dom.js";

for (const button of every("[data-print]")) button.addEventListener("click", () => print());

// Copying says what came of it: on plain http a browser gives no clipboard, so the text is chosen to be copied by hand.
for (const button of every("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy ?? "");
    const told = button.nextElementSibling;
    if (!source) return;
    const copied = await navigator.clipboard?.writeText(source.textContent.trim()).then(
      () => true,
      () => false,
    );
    if (!copied) getSelection()?.selectAllChildren(source);
    if (told) told.textContent = (copied ? button.dataset.done : button.dataset.chosen) ?? "";
  });
}

// What kills or locks asks once; a step back closes it again.
for (const details of every("details.confirm")) {
  const close = () => {
    details.removeAttribute("open");
    details.querySelector("summary")?.focus();
  };
  details.addEventListener("keydown", (event) => event.key === "Escape" && close());
  for (const button of every("[data-cancel]", details)) {
    button.hidden = false;
    button.addEventListener("click", close);
  }
}

// A double tap sends once.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
}

// A file that is dropped anywhere on the page is taken as if it had been chosen.
for (const form of every("[data-drop]")) {
  const input = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"));
  const over = (/** @type {boolean} */ isOver) => form.classList.toggle("drop-over", isOver);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => over(event.relatedTarget !== null));
  addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!input || !event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    if (form instanceof HTMLFormElement) form.requestSubmit();
  });
}

// What was checked before something else was chosen holds no longer, and is not done by mistake.
for (const form of every("[data-preview]")) {
  form.addEventListener("change", () => every("[data-of-preview]").forEach((each) => (each.hidden = true)));
}

// Rows of a list are chosen one by one, or all of a page at once; how many they are is told.
for (const form of every(".choosing")) {
  const boxes = /** @type {HTMLInputElement[]} */ (every("tbody .choose input", form));
  const all = form.querySelector("[data-choose-all]");
  const box = all?.querySelector("input");
  const told = form.querySelector("[data-chosen]");
  const words = told?.textContent ?? "";
  const buttons = /** @type {HTMLButtonElement[]} */ (every(".chosen button", form));
  const tell = () => {
    const count = boxes.filter(({ checked }) => checked).length;
    if (box) box.checked = count === boxes.length;
    if (box) box.indeterminate = count > 0 && count < boxes.length;
    if (told instanceof HTMLElement)
      told.textContent = count ? (told.dataset.words ?? "").replace("0", String(count)) : words;
    for (const button of buttons) button.disabled = count === 0;
  };
  if (all instanceof HTMLElement) all.hidden = false;
  box?.addEventListener("change", () => {
    for (const each of boxes) each.checked = box.checked;
    tell();
  });
  for (const each of boxes) each.addEventListener("change", tell);
  tell();
  addEventListener("pageshow", tell);
}

// What stands on the page for long is asked for again, unless nobody looks or somebody is in it.
const again = every("[data-again]");
if (again.length > 0) {
  setInterval(
    async () => {
      if (document.hidden || again.some((each) => each.contains(document.activeElement))) return;
      const answer = await fetch(location.href).catch(() => undefined);
      if (!answer?.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = every("[data-again]", page);
      if (fresh.length === again.length)
        again.forEach((each, place) => each.replaceChildren(...fresh[place].childNodes));
    },
    Number(again[0].dataset.again) * 1000,
  );
}

// Where the links do not all fit, the page that is open shall be seen among them.
document.querySelector(".side-links [aria-current]")?.scrollIntoView({ block: "nearest" });

// Whoever sent something that cannot be so is led to what is wrong with it.
const fault = document.querySelector("[aria-invalid='true']") ?? document.querySelector(".notice-bad[role='alert']");
if (fault instanceof HTMLElement && !document.querySelector("[autofocus]")) {
  if (!fault.matches("input, select, textarea")) fault.tabIndex = -1;
  fault.focus();
}
