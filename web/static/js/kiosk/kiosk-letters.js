/**
 * The letters on a kiosk's screen: people type their name as it is written on the parcel. Names are compared without
 * accents (`fold` of codes/values/folding.py), so letters that differ by one alone need no key of their own.
 */

export const DIGITS = "1234567890";
export const LATIN = ["QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM-'"];

const OTHER = /** @type {Record<string, string[]>} */ ({
  ar: ["ضصثقفغعهخحجد", "شسيبلاتنمكطذ", "ءرىةوزظ"],
  bg: ["ЯВЕРТЪУИОПШ", "АСДФГХЙКЛЩ", "ЗЬЦЖБНМЧЮ-"],
  el: ["ΕΡΤΥΘΙΟΠ", "ΑΣΔΦΓΗΞΚΛ", "ΖΧΨΩΒΝΜ-"],
  fa: ["ضصثقفغعهخحجچ", "شسیبلاتنمکگپ", "ظطزرذدوژءة"],
  ru: ["ЙЦУКЕНГШЩЗХЪ", "ФЫВАПРОЛДЖЭ", "ЯЧСМИТЬБЮ-"],
  sr: ["ЉЊЕРТЗУИОПШЂ", "АСДФГХЈКЛЧЋ", "ЏЦВБНМЖ-"],
  uk: ["ЙЦУКЕНГШЩЗХ", "ФІВАПРОЛДЖЄ", "ЯЧСМИТЬБЮҐ-'"],
});

/**
 * @param {string} language
 * @returns {string[] | null} null where it is written in Latin letters
 */
export const otherLetters = (language) => OTHER[language] ?? null;
