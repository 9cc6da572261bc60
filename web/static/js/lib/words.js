/** The page's words in its reader's language, from the JSON copies of the catalogues. */

const FOLDER = new URL("../../locales/", import.meta.url);

/** @type {Record<string, string>} */
let texts = {};
/** @typedef {{code: string, name: string, direction: string}} Language by the name that its own speakers give it */
/** @type {{looks: Record<string, {tone: string, picture: string, calls_depot: boolean}>, languages: Language[],
 *   words: Record<string, Record<string, {word: string, step: string, own_step: string}>>,
 *   texts: Record<string, Record<string, string>>}} */
let verdicts = { looks: {}, languages: [], words: {}, texts: {} };

/** @returns {Language[]} the languages that recipients are spoken to in, in the one order of all lists */
export const languages = () => verdicts.languages;

/** @param {string} code */
const directionOf = (code) => verdicts.languages.find((language) => language.code === code)?.direction ?? "ltr";

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
  return filled(texts[message] ?? message, values);
}

/**
 * Say one of the texts for recipients in their own language; in English where that is not spoken here.
 * @param {string} language
 * @param {string} message
 * @param {Record<string, string|number>} [values]
 */
export function tIn(language, message, values = {}) {
  return filled(verdicts.texts[language]?.[message] ?? message, values);
}

/** Put values into a text that is there already in its reader's language. @param {string} message @param {Record<string, string|number>} values */
export function filled(message, values) {
  return message.replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
}

/** Say in which language, and which way, something is written for a recipient. @param {string} language */
export function spokenIn(language) {
  const lang = verdicts.words[language] ? language : "en";
  return { lang, dir: directionOf(lang) };
}

/** @returns {string} */
export const keyLostWords = () => t("This device has to be set up again. Ask for a new link.");

/** @returns {string} */
export const notKeptWords = () => t("This phone has no room to save it. Free some space, then try again.");

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
    callsDepot: verdicts.looks[known]?.calls_depot ?? false,
    word: words[known]?.word ?? outcome,
    step: words[known]?.step ?? "",
    ownStep: words[known]?.own_step ?? "",
    language: verdicts.words[language] ? language : "en",
    direction: directionOf(language),
  };
}

/**
 * Write a moment's time of day with Western digits, the same in every language.
 * @param {string} moment ISO 8601
 * @param {{always?: boolean, language?: string}} [options] always: with the day, even if that is today
 */
export function clock(moment, { always = false, language = pageLanguage() } = {}) {
  const at = new Date(moment);
  const day = houseForm("en", { dateStyle: "short" });
  const today = !always && day.format(new Date()) === day.format(at);
  /** @type {Intl.DateTimeFormatOptions} */
  const time = { hour: "2-digit", minute: "2-digit" };
  return houseForm(language, today ? time : { day: "numeric", month: "short", ...time }).format(at);
}

/**
 * Return how moments are written by the house's clock and customs, whatever this device is set to.
 * As `local_time` and `locale_of` do it on the server (web/i18n).
 * @param {string} language
 * @param {Intl.DateTimeFormatOptions} form
 */
export function houseForm(language, form) {
  const { zone, country, locale } = document.documentElement.dataset;
  const own = locale?.split("-")[0] === language ? locale : country ? `${language}-${country}` : language;
  return new Intl.DateTimeFormat(`${own}-u-nu-latn`, { timeZone: zone, ...form });
}

/**
 * Write a day with its weekday.
 * @param {string} day ISO 8601
 */
export function dayWords(day) {
  /** @type {Intl.DateTimeFormatOptions} */
  const form = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" };
  return houseForm(pageLanguage(), form).format(new Date(`${day}T00:00:00Z`));
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
