/**
 * The driver's service worker: answers with the page's own files where there is no network.
 * The service puts `SHELL` before this text: the files' version and their addresses.
 */

/** @typedef {{version: string, page: string, files: string[]}} Shell */

const { version, page, files } = /** @type {{SHELL: Shell}} */ (/** @type {unknown} */ (globalThis)).SHELL;
const PREFIX = "doorcode-";
const CACHE = PREFIX + version;
const PATIENCE_MS = 4000;
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

worker.addEventListener("install", (event) => event.waitUntil(fill()));
worker.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
worker.addEventListener("message", (event) => event.data === "take-over" && worker.skipWaiting());
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === page) event.respondWith(keptPage(request, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(keptFile(request, event.clientId));
});

/** All or nothing: a half-filled cache is never used. */
async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(
    [page, ...files].map((address) => new Request(address, { cache: "no-cache", credentials: "same-origin" })),
  );
}

async function dropOthers() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
}

/**
 * @param {Request} request
 * @param {URL} url
 */
async function keptPage(request, url) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(page);
  if (kept && !url.search) return kept;
  try {
    const answer = await (kept ? withinPatience(fetch(request)) : fetch(request));
    // Another language, of the same files.
    if (answer.ok && answer.headers.get("Doorcode-Shell") === version) await cache.put(page, answer.clone());
    return answer.status >= 500 && kept ? kept : answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/**
 * Files come from the device for the driver's page alone; other pages of the house get the service's newest.
 * @param {Request} request
 * @param {string} clientId
 */
async function keptFile(request, clientId) {
  // `get` waits until a client is ready, and a worker is ready only once it has the modules it asks for here.
  const mayAsk = clientId && request.destination !== "worker";
  const client = mayAsk ? await worker.clients.get(clientId) : null;
  const elsewhere = client?.type === "window" && new URL(client.url).pathname !== page;
  const kept = elsewhere ? null : await (await caches.open(CACHE)).match(request, { ignoreVary: true });
  return kept ?? fetch(request);
}

/** @param {Promise<Response>} answer @returns {Promise<Response>} */
function withinPatience(answer) {
  return Promise.race([
    answer,
    new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), PATIENCE_MS)),
  ]);
}
