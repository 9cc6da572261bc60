/** Keeps the ticket page on the phone for want of reception, and nothing of it longer than it is of use. */

const WORKER = "/ticket-worker.js";
const PREFIX = "ticket:";
/** Where the files lie that look the same for everybody. */
const FILES = "/static/";
/** How files end that are a ticket's own: its symbol, and its sender's colours and logo. */
const OWN_FILES = [".png", ".css"];
// What needs the service, or shows somebody else's ticket, is no use without network.
const LEFT_OUT = "[data-needs-network]";

/**
 * Keep the page as the service shows it now, all of it or nothing; forget what has served its purpose.
 * Rejects where another try may succeed.
 * @param {string} address
 * @param {string} look what changes when the page looks otherwise
 */
export async function keepTicket(address, look) {
  if (!("serviceWorker" in navigator) || !("caches" in globalThis)) return;
  await forgetWhatIsOver();
  const before = await caches.match(address, { cacheName: cacheOf(address) });
  if (before?.headers.get("Doorcode-Look") === wanted(look)) return;
  // A computer is not carried to the door, and may be anybody's.
  if (!matchMedia("(pointer: coarse)").matches) return;
  const answer = await fetch(address);
  if (answer.status === 404 || answer.status === 410 || (answer.ok && isOver(answer))) return forget(address);
  // Where the service is busy, a page as it was is better than none.
  if (!answer.ok) throw new Error("busy");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = await Promise.all(
    [...filesOf(page)].map(async (file) => /** @type {const} */ ([file, await fetch(file)])),
  );
  if (!found.every(([, file]) => file.ok)) throw new Error("not whole");
  await caches.delete(cacheOf(address));
  const cache = await caches.open(cacheOf(address));
  await Promise.all(found.map(([file, content]) => cache.put(file, content)));
  await cache.put(address, keptPage(page, answer.headers, look));
  await navigator.serviceWorker.register(WORKER, { scope: address, updateViaCache: "none" });
}

/** Everything that the page shows, and what its scripts have loaded. @param {Document} page */
function filesOf(page) {
  const named = [...page.querySelectorAll("img[src], script[src], link[href], use[href]")].map(
    (each) => each.getAttribute("src") ?? each.getAttribute("href") ?? "",
  );
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const files = [...named, ...loaded].map((each) => new URL(each, location.href));
  const kept = files.filter(
    ({ origin, pathname }) =>
      origin === location.origin && (pathname.startsWith(FILES) || OWN_FILES.some((end) => pathname.endsWith(end))),
  );
  return new Set(kept.map(({ pathname, search }) => pathname + search));
}

/** @param {Document} page @param {Headers} headers @param {string} look */
function keptPage(page, headers, look) {
  page.querySelectorAll(LEFT_OUT).forEach((each) => each.remove());
  page.querySelector("[data-ticket]")?.setAttribute("data-kept", new Date().toISOString());
  const kept = new Headers(headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) kept.delete(name);
  kept.set("Doorcode-Look", wanted(look));
  return new Response(`<!doctype html>${page.documentElement.outerHTML}`, { headers: kept });
}

/** @param {string} address of a ticket page */
const cacheOf = (address) => PREFIX + address;

/** @param {Response} page */
const isOver = (page) => !(Date.parse(page.headers.get("Doorcode-Keep-Until") ?? "") > Date.now());

/** @param {string} look */
const wanted = (look) => `${look} ${document.documentElement.lang}`;

/** Other tickets were perhaps never opened again. */
async function forgetWhatIsOver() {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX)) continue;
    const address = name.slice(PREFIX.length);
    const page = await caches.match(address, { cacheName: name });
    if (!page || isOver(page)) await forget(address);
  }
}

/** @param {string} address */
async function forget(address) {
  await caches.delete(cacheOf(address));
  const registration = await navigator.serviceWorker.getRegistration(address);
  if (registration && new URL(registration.scope).pathname === address) await registration.unregister();
}
