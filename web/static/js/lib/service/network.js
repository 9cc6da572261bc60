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

let blocked = false;
/** @type {Set<() => void>} */
const blockListeners = new Set();

/** @returns {boolean} whether the house has blocked this device */
export const isBlocked = () => blocked;

/**
 * Tell what the service said of this device.
 * @param {boolean} answered it answered as asked
 * @param {string} slug the problem it named
 */
export function noteBlocked(answered, slug) {
  const now = slug === "device-revoked" || (blocked && !answered);
  if (now === blocked) return;
  blocked = now;
  for (const listener of blockListeners) listener();
}

/** @param {() => void} listener */
export const onBlocked = (listener) => blockListeners.add(listener);
