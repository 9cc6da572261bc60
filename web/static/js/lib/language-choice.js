/** The choice of language in the bar of a device's page. */

import { one } from "./dom.js";
import { pageLanguage } from "./words.js";

/** Change the language by loading the page in it; nothing in hand is lost that cannot be scanned again. */
export function connectLanguage() {
  const choice = /** @type {HTMLSelectElement} */ (one("[data-language]"));
  choice.value = pageLanguage();
  choice.addEventListener("change", () => location.replace(`?lang=${choice.value}`));
}
