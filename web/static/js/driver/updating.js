/** Keeps the page ready to start without network, and renews it between parcels, never during one. */

const WORKER = "/driver-worker.js";
const LOOK_MS = 20 * 60 * 1000;

/**
 * Keep the page's files on the device.
 * @param {() => boolean} idle whether nothing is in hand and nothing is shown
 * @returns {Promise<() => void>} to be called whenever the page may have become idle
 */
export async function keepOnDevice(idle) {
  if (!("serviceWorker" in navigator)) return () => undefined;
  const { serviceWorker } = navigator;
  const wasKept = Boolean(serviceWorker.controller);
  const registration = await serviceWorker.register(WORKER, { scope: "/", updateViaCache: "none" }).catch(() => null);
  if (!registration) return () => undefined;
  serviceWorker.addEventListener("controllerchange", () => wasKept && location.reload());
  const renew = () => {
    if (registration.waiting && idle()) registration.waiting.postMessage("take-over");
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", renew));
  const look = () => navigator.onLine && registration.update().catch(() => undefined);
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  renew();
  return renew;
}

/** Forget the kept page: it was another device's. */
export async function forgetPage() {
  if (!("caches" in globalThis)) return;
  for (const name of await caches.keys()) await caches.delete(name);
}
