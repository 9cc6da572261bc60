/** The card for the recipient: the driver turns the phone round; three pictures and one sentence in their language. */

import { ask } from "../lib/service/api.js";
import { el, icon, one } from "../lib/dom.js";
import { layOpen, pictureButton } from "../lib/sheet.js";
import { troubleOf } from "../lib/service/trouble.js";
import { spokenIn, t, tIn } from "../lib/words.js";

const CARD = "Please show the delivery code from your email";
const STORY = [
  ["story-1", "The parcel arrives"],
  ["story-2", "Show the code"],
  ["story-3", "Take the parcel"],
];

/**
 * Show the card.
 * @param {{reference: string|null, language: string}} about whose parcel is in hand, and what its recipient speaks
 */
export function showCard({ reference, language }) {
  const said = () => tIn(choice.value, CARD);
  const sentence = el("p", { class: "card-sentence", "data-sentence": "" });
  const speak = pictureButton("speak", "", () => say(said(), choice.value), { "data-speak": "", hidden: true });
  const result = el("p", { class: "card-result", role: "status", hidden: true });
  const again = pictureButton(
    "mail",
    "",
    () => sendAgain(/** @type {string} */ (reference), choice.value, again, result),
    { "data-again": "", hidden: !reference },
  );
  const story = STORY.map(([picture]) => el("li", {}, icon(picture, ""), el("span", {})));
  const choice = languageChoice(language, () => draw());
  // Whoever reads this is the recipient: nothing on it is in the driver's language.
  const draw = () => {
    const { lang, dir } = spokenIn(choice.value);
    Object.assign(sheet, { lang, dir });
    const title = tIn(lang, "For the recipient");
    sheet.setAttribute("aria-label", title);
    one("h2", sheet).textContent = title;
    choice.setAttribute("aria-label", tIn(lang, "Language"));
    Object.assign(sentence, { textContent: said(), lang, dir });
    STORY.forEach(([, words], place) => (one("span", story[place]).textContent = tIn(lang, words)));
    one("span", speak).textContent = tIn(lang, "Read aloud");
    one("span", again).textContent = tIn(lang, "Send the email again");
    result.hidden = true;
    speak.hidden = !localVoice(lang);
  };
  if ("speechSynthesis" in globalThis) speechSynthesis.onvoiceschanged = draw;
  const sheet = layOpen(
    { name: "card", title: t("For the recipient") },
    el("div", { class: "card-language" }, icon("language"), choice),
    el("ol", { class: "story card-story" }, ...story),
    sentence,
    result,
    el("footer", { class: "sheet-foot" }, speak, again),
  );
  draw();
}

/**
 * Let the language be chosen by its own name, as the page's own choice lists them.
 * @param {string} language
 * @param {(code: string) => void} onChoice
 */
function languageChoice(language, onChoice) {
  const known = [.../** @type {NodeListOf<HTMLOptionElement>} */ (document.querySelectorAll("[data-language] option"))];
  const options = known.map((option) => el("option", { value: option.value, lang: option.lang }, option.textContent));
  const choice = /** @type {HTMLSelectElement} */ (
    el(
      "select",
      { "aria-label": t("Language"), "data-card-language": "", onchange: () => onChoice(choice.value) },
      ...options,
    )
  );
  choice.value = known.some(({ value }) => value === language) ? language : document.documentElement.lang;
  return choice;
}

/**
 * Only a voice that lies on this device, in exactly this language: others are listed and stay silent.
 * @param {string} language
 */
function localVoice(language) {
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find((voice) => voice.localService && voice.lang.split(/[-_]/)[0].toLowerCase() === language);
}

/** @param {string} text @param {string} language */
function say(text, language) {
  const spoken = new SpeechSynthesisUtterance(text);
  Object.assign(spoken, { voice: localVoice(language) ?? null, lang: language, rate: 0.9 });
  speechSynthesis.cancel();
  speechSynthesis.speak(spoken);
}

/**
 * Have the mail sent once more to the registered address, which nobody here is shown.
 * @param {string} reference
 * @param {string} language
 * @param {HTMLElement} button
 * @param {HTMLElement} place
 */
async function sendAgain(reference, language, button, place) {
  button.toggleAttribute("disabled", true);
  const reply = await ask("/api/v1/tour/mails", { method: "POST", json: { reference } });
  const words = /** @type {Record<string, string>} */ ({
    sent: tIn(language, "The email was sent again"),
    too_soon: tIn(language, "It was sent just now"),
    too_often: tIn(language, "No more emails today"),
    no_address: tIn(language, "No email address known"),
    no_code: tIn(language, "There is no code to send"),
  });
  const known = reply.kind === "answer" ? words[reply.value.result] : null;
  const sent = reply.kind === "answer" && reply.value.result === "sent";
  const trouble = troubleOf(reply);
  place.replaceChildren(
    icon(sent ? "check" : (trouble?.picture ?? "mail-failed")),
    known ?? trouble?.words ?? tIn(language, "This parcel is not known"),
  );
  place.hidden = false;
  button.toggleAttribute("disabled", sent);
}
