/** The card for the recipient: the driver turns the phone round; three pictures and one sentence in their language. */

import { ask } from "./api.js";
import { el, icon } from "./dom.js";
import { layOpen, pictureButton } from "./sheet.js";
import { cardWords, t } from "./words.js";

/**
 * Show the card.
 * @param {{reference: string|null, language: string}} about whose parcel is in hand, and what its recipient speaks
 */
export function showCard({ reference, language }) {
  const sentence = el("p", { class: "card-sentence", "data-sentence": "" });
  const speak = pictureButton("speak", t("Read aloud"), () => say(sentence.textContent ?? "", sentence.lang), { "data-speak": "", hidden: true });
  const result = el("p", { class: "card-result", role: "status", hidden: true });
  const again = pictureButton("mail", t("Send the mail again"), () => sendAgain(/** @type {string} */ (reference), again, result), { "data-again": "", hidden: !reference });
  const choice = languageChoice(language, (code) => draw(code));
  const draw = (/** @type {string} */ code) => {
    const { text, language: spoken, direction } = cardWords(code);
    Object.assign(sentence, { textContent: text, lang: spoken, dir: direction });
    speak.hidden = !localVoice(spoken);
  };
  if ("speechSynthesis" in globalThis) speechSynthesis.onvoiceschanged = () => draw(choice.value);
  layOpen(
    { name: "card", title: t("For the recipient") },
    el("div", { class: "card-language" }, icon("language"), choice),
    el("ol", { class: "story card-story" }, ...["story-1", "story-2", "story-3"].map((name) => el("li", {}, icon(name, "")))),
    sentence,
    result,
    el("footer", { class: "sheet-foot" }, speak, again),
  );
  draw(choice.value);
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
    el("select", { "aria-label": t("Language"), "data-card-language": "", onchange: () => onChoice(choice.value) }, ...options)
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
 * @param {HTMLElement} button
 * @param {HTMLElement} place
 */
async function sendAgain(reference, button, place) {
  button.toggleAttribute("disabled", true);
  const reply = await ask("/api/v1/tour/mails", { method: "POST", json: { reference } });
  const words = /** @type {Record<string, string>} */ ({
    sent: t("The mail was sent again"),
    too_soon: t("It was sent a moment ago"),
    too_often: t("No more mails today"),
    no_address: t("No mail address known"),
    no_code: t("There is no code to send"),
  });
  const known = reply.kind === "answer" ? words[reply.value.result] : null;
  const sent = reply.kind === "answer" && reply.value.result === "sent";
  place.replaceChildren(icon(sent ? "check" : reply.kind === "silence" ? "no-connection" : "mail-failed"), known ?? (reply.kind === "silence" ? t("No connection. Please try again.") : t("This parcel is not known")));
  place.hidden = false;
  button.toggleAttribute("disabled", sent);
}
