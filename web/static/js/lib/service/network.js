/**
 * Whether the service can be reached, and still knows this device: learnt from what became of the last calls rather than
 * from a symbol of bars.
 */

/**
 * What the last call came to: it was answered (`there`), the service said that it fails (`failing`), it was never
 * answered although it may have arrived (`silent`), or it reached nobody (`gone`).
 * @typedef {"there"|"failing"|"silent"|"gone"} Reach
 */

/** @type {Reach} */
let reach = navigator.onLine ? "there" : "gone";
/** @type {Set<(answers: boolean) => void>} */
const listeners = new Set();

/** @returns {boolean} whether there is any sense in waiting for an answer */
export const isReachable = () => reach === "there" || reach === "failing";

/** @returns {boolean} whether it says nothing, and nobody can tell from here that the network is to blame */
export const isSilent = () => reach === "silent";

/**
 * Tell what the last call showed.
 * @param {Reach} now
 */
export function noteReach(now) {
  if (now === reach) return;
  reach = now;
  document.documentElement.dataset.network = now;
  for (const listener of listeners) listener(now === "there");
}

/** @param {(answers: boolean) => void} listener is told when the service answers again, and when it does no more */
export const onReach = (listener) => listeners.add(listener);

addEventListener("offline", () => noteReach("gone"));

/** What the service may say of a device by refusing it: the house has blocked it, or it is none any more. */
const STANDINGS = /** @type {Record<string, "blocked"|"unknown">} */ ({
  "device-revoked": "blocked",
  "not-enrolled": "unknown",
});
/** @type {"blocked"|"unknown"|null} */
let standing = null;
/** @type {Set<() => void>} */
const standingListeners = new Set();

/** @returns {boolean} whether the house has blocked this device */
export const isBlocked = () => standing === "blocked";

/** @returns {boolean} whether the service knows this device no more, as when its browser threw the cookie away */
export const isUnknown = () => standing === "unknown";

/**
 * Tell what the service said of this device.
 * @param {boolean} answered it answered as asked
 * @param {string} slug the problem it named
 */
export function noteStanding(answered, slug) {
  const now = STANDINGS[slug] ?? (answered ? null : standing);
  if (now === standing) return;
  standing = now;
  for (const listener of standingListeners) listener();
}

/** @param {() => void} listener */
export const onStanding = (listener) => standingListeners.add(listener);
