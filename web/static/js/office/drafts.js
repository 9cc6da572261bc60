/**
 * What was typed survives a session that was over when it was sent: this tab keeps it until somebody has signed in.
 *
 * Kept is what stands in the form that is sent, but no password, code or file. The next page of the office takes it out
 * again, and puts it back if it was typed there and somebody had to sign in, or came back from a refusal.
 */

const KEY = "doorcode-typed";
const NEVER = new Set(["password", "hidden", "file", "submit", "button"]);
/** What a form shows of the state it was drawn from, so that nobody undoes what somebody else changed meanwhile. */
const STOOD = "stood";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */
/** @typedef {{ name: string, value: string, checked: boolean }} Typed */
/** @typedef {{ page: string, form: number, typed: Typed[], isDue: boolean }} Draft */

const here = () => location.pathname + location.search;

/** @returns {Draft | null} */
function taken() {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return kept && JSON.parse(kept);
}

/** @param {HTMLFormElement} form */
const fieldsOf = (form) =>
  /** @type {Field[]} */ ([...form.elements]).filter(
    (each) => each.name === STOOD || (each.name && !NEVER.has(each.type) && each.autocomplete !== "one-time-code"),
  );

/** @param {Field} field */
const isTicked = (field) => field instanceof HTMLInputElement && field.checked;

/** @param {Draft} draft */
function putBack({ form: place, typed }) {
  const form = document.forms[place];
  if (!form) return;
  const fields = fieldsOf(form);
  for (const { name, value, checked } of typed) {
    const same = fields.filter((each) => each.name === name);
    const ticks = same.filter((each) => each.type === "checkbox" || each.type === "radio");
    const field = ticks.length ? ticks.find((each) => each.value === value) : same[0];
    if (!field) continue;
    if (field instanceof HTMLInputElement && ticks.length) field.checked = checked;
    else field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  for (let folded = form.closest("details"); folded; folded = folded.parentElement?.closest("details") ?? null)
    folded.open = true;
  for (const folded of form.querySelectorAll("details")) folded.open = true;
  form.scrollIntoView({ block: "nearest" });
}

const [arrival] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));

if (document.querySelector("main.alone")) {
  // Whoever has to sign in first has not been answered.
  const draft = taken();
  if (draft) sessionStorage.setItem(KEY, JSON.stringify({ ...draft, isDue: true }));
} else {
  const draft = taken();
  const isWanted = draft?.isDue || arrival?.type === "back_forward";
  if (draft && isWanted && draft.page === here()) putBack(draft);
  document.addEventListener("submit", ({ target }) => {
    if (!(target instanceof HTMLFormElement) || target.method !== "post") return;
    const typed = fieldsOf(target).map((each) => ({ name: each.name, value: each.value, checked: isTicked(each) }));
    const form = [...document.forms].indexOf(target);
    sessionStorage.setItem(KEY, JSON.stringify({ page: here(), form, typed, isDue: false }));
  });
}
