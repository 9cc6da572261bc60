/**
 * The service worker of one ticket page: shows what this phone kept of it where there is no network.
 * It is registered for one ticket's address and answers for that address alone. The page itself fills its cache.
 */

const PATIENCE_MS = 4000;
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));
const address = new URL(worker.registration.scope).pathname;
// The same names as in recipient/ticket-keeping.js, which fills the cache. Not every browser knows workers as modules.
const CACHE = `ticket:${address}`;
const FILES = "/static/";
/** Windows that show the kept page: their files come from the phone too. @type {Set<string>} */
const keptWindows = new Set();

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === address)
    event.respondWith(page(request, event.resultingClientId));
  else if (url.pathname.startsWith(FILES) || ["image", "style"].includes(request.destination))
    event.respondWith(file(request, event.clientId));
});

/**
 * The service's own page, whenever it answers: a renewed code is never hidden by an old one.
 * @param {Request} request
 * @param {string} shownIn
 */
async function page(request, shownIn) {
  const kept = await keptPage();
  try {
    const answer = await (kept ? withinPatience(fetch(request)) : fetch(request));
    if (answer.status === 404 || answer.status === 410) await forget();
    const busy = answer.status >= 500 || answer.status === 429;
    if (!kept || !busy) return answer;
  } catch (error) {
    if (!kept) throw error;
  }
  keptWindows.add(shownIn);
  return kept;
}

/** @param {Request} request @param {string} clientId */
async function file(request, clientId) {
  const fromCache = async () => caches.match(request, { cacheName: CACHE, ignoreVary: true });
  if (keptWindows.has(clientId)) return (await fromCache()) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await fromCache();
    if (kept) return kept;
    throw error;
  }
}

async function keptPage() {
  const kept = await caches.match(address, { cacheName: CACHE });
  if (!kept || Date.parse(kept.headers.get("Doorcode-Keep-Until") ?? "") > Date.now()) return kept;
  await forget();
  return undefined;
}

async function forget() {
  await caches.delete(CACHE);
  await worker.registration.unregister();
}

/** @param {Promise<Response>} answer @returns {Promise<Response>} */
function withinPatience(answer) {
  return Promise.race([
    answer,
    new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), PATIENCE_MS)),
  ]);
}
