/** The page's words in its reader's language, from the JSON copies of the catalogues. */

const FOLDER = new URL("../../locales/", import.meta.url);

/** @type {Record<string, string>} */
let texts = {};
/** @type {{looks: Record<string, {tone: string, picture: string}>, directions: Record<string, string>,
 *   words: Record<string, Record<string, {word: string, step: string, own_step: string}>>, card: Record<string, string>}} */
let verdicts = { looks: {}, directions: {}, words: {}, card: {} };

/** @returns {string[]} the languages that verdicts are told in */
export const languages = () => Object.keys(verdicts.directions);

/** @returns {string} the page's language */
export const pageLanguage = () => document.documentElement.lang || "en";

/** Load the words once, before the page is built; without them it speaks English. */
export async function loadWords() {
  const [page, looks] = await Promise.all([read(`${pageLanguage()}.json`), read("verdicts.json")]);
  texts = page ?? {};
  verdicts = looks ?? verdicts;
}

/**
 * Translate a text and put its `%(name)s` values in.
 * @param {string} message
 * @param {Record<string, string|number>} [values]
 */
export function t(message, values = {}) {
  return (texts[message] ?? message).replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Tell how an outcome is shown in one language.
 * @param {string} outcome
 * @param {string} language
 */
export function wording(outcome, language) {
  const known = verdicts.looks[outcome] ? outcome : "refused";
  const words = verdicts.words[language] ?? verdicts.words.en ?? {};
  return {
    tone: verdicts.looks[known]?.tone ?? "red",
    picture: verdicts.looks[known]?.picture ?? "call",
    word: words[known]?.word ?? outcome,
    step: words[known]?.step ?? "",
    ownStep: words[known]?.own_step ?? "",
    language: verdicts.words[language] ? language : "en",
    direction: verdicts.directions[language] ?? "ltr",
  };
}

/**
 * Give the sentence that a recipient is shown, in their language where it is spoken here.
 * @param {string} language
 */
export function cardWords(language) {
  const spoken = verdicts.card?.[language] ? language : "en";
  return { text: verdicts.card?.[spoken] ?? "", language: spoken, direction: verdicts.directions[spoken] ?? "ltr" };
}

/**
 * Write a moment's time of day with Western digits, the same in every language.
 * @param {string} moment ISO 8601
 * @param {{always?: boolean}} [options] always: with the day, even if that is today
 */
export function clock(moment, { always = false } = {}) {
  const at = new Date(moment);
  const today = !always && new Date().toDateString() === at.toDateString();
  const time = { hour: "2-digit", minute: "2-digit" };
  const form = today ? time : { day: "numeric", month: "short", ...time };
  return new Intl.DateTimeFormat(`${pageLanguage()}-u-nu-latn`, /** @type {Intl.DateTimeFormatOptions} */ (form)).format(at);
}

/**
 * Write a day with its weekday.
 * @param {string} day ISO 8601
 */
export function dayWords(day) {
  const form = /** @type {Intl.DateTimeFormatOptions} */ ({ weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
  return new Intl.DateTimeFormat(`${pageLanguage()}-u-nu-latn`, form).format(new Date(`${day}T00:00:00Z`));
}

/** @param {string} name */
async function read(name) {
  try {
    const answer = await fetch(new URL(name, FOLDER));
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
