/** What this device's person has turned off: sounds, and what moves or shakes. Kept on the device. */

/** @typedef {"sound"|"motion"} Preference */

/** @param {Preference} name */
export const isOff = (name) => localStorage.getItem(`doorcode-${name}`) === "off";

/** @param {Preference} name @param {boolean} off */
export function turnOff(name, off) {
  if (off) localStorage.setItem(`doorcode-${name}`, "off");
  else localStorage.removeItem(`doorcode-${name}`);
  showPreferences();
}

/** Tell the style sheets. */
export function showPreferences() {
  document.documentElement.toggleAttribute("data-still", isOff("motion"));
}
