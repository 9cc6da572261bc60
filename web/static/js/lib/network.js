/** Whether the service can be reached, learnt from what became of the last calls rather than from a symbol of bars. */

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
