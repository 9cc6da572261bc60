/** Whether this device's clock is right, by what the service says: a phone whose battery was flat may stand in 1970. */

// `CLOCK_SKEW` of codes/verification/decision.py: so far a time from a device is still believed.
const MOST_MS = 5 * 60_000;

/** @type {{ahead: number, serviceTime: string} | null} */
let wrong = null;
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {{ahead: number, serviceTime: string} | null} by how many milliseconds the clock is ahead; null if it is right */
export const wrongClock = () => wrong;

/** @returns {number} the time by the service, as far as it has told that, else by this device; milliseconds since 1970 */
export const timeNow = () => Date.now() - (wrong?.ahead ?? 0);

/** @param {() => void} listener called when this changes */
export const onClock = (listener) => listeners.add(listener);

/**
 * Take what the service says the time is.
 * @param {string | null | undefined} serviceTime
 * @param {number} [now] what this device says
 */
export function noteServiceTime(serviceTime, now = Date.now()) {
  const ahead = serviceTime ? now - Date.parse(serviceTime) : NaN;
  if (Number.isNaN(ahead)) return;
  wrong = Math.abs(ahead) > MOST_MS ? { ahead, serviceTime: /** @type {string} */ (serviceTime) } : null;
  for (const listener of listeners) listener();
}

/**
 * Write how far a clock is off with its two largest units, such as `−3 h 12 min`; the same in every language.
 * @param {number} ahead milliseconds
 */
export function differenceWords(ahead) {
  const minutes = Math.round(Math.abs(ahead) / 60_000);
  const units = /** @type {const} */ ([
    [Math.floor(minutes / 1440), "d"],
    [Math.floor(minutes / 60) % 24, "h"],
    [minutes % 60, "min"],
  ]);
  const first = units.findIndex(([count]) => count > 0);
  const written = units.slice(first, first + 2).filter(([count]) => count > 0);
  return `${ahead < 0 ? "−" : "+"}${written.map(([count, unit]) => `${count} ${unit}`).join(" ")}`;
}

/**
 * Put a time right that this device wrote down while its clock was wrong. If the clock was mended since, nobody knows
 * when it was: then it is now.
 * @param {string} moment ISO 8601
 * @param {string} serviceTime
 * @param {number} [now] what this device says
 */
export function putRight(moment, serviceTime, now = Date.now()) {
  const service = Date.parse(serviceTime);
  const shifted = Date.parse(moment) + service - now;
  const isPossible = shifted <= service && shifted > service - 30 * 86_400_000;
  return new Date(isPossible ? shifted : service).toISOString();
}
