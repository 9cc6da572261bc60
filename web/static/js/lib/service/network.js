/**
 * Whether the service can be reached, and still knows this device: learnt from what became of the last calls rather than
 * from a symbol of bars.
 */

let reachable = navigator.onLine;
/** @type {Set<(reachable: boolean) => void>} */
const listeners = new Set();

/** @returns {boolean} */
export const isReachable = () => reachable;

/**
 * Tell what the last call showed.
 * @param {boolean} answered
 */
export function noteReach(answered) {
  if (answered === reachable) return;
  reachable = answered;
  document.documentElement.dataset.network = answered ? "there" : "gone";
  for (const listener of listeners) listener(answered);
}

/** @param {(reachable: boolean) => void} listener */
export const onReach = (listener) => listeners.add(listener);

addEventListener("offline", () => noteReach(false));

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
