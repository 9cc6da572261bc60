/** What the device keeps between visits, in IndexedDB: its key, its tour, and what has no answer yet. */

const NAME = "doorcode";
const VERSION = 2;
const STORES = ["device", "pending", "visits", "untold"];

/** This device has no room, or lets no page keep anything. */
export class NotKept extends Error {}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      STORES.filter((store) => !result.objectStoreNames.contains(store)).forEach((store) =>
        result.createObjectStore(store),
      );
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Run one request in a transaction of its own and wait until it is kept.
 * @template T
 * @param {string} store
 * @param {IDBTransactionMode} mode
 * @param {(objects: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>}
 */
async function run(store, mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** @param {string} store @param {string} key */
export const get = (store, key) => run(store, "readonly", (objects) => objects.get(key));
/** @param {string} store @param {string} key @param {unknown} value */
export const put = (store, key, value) =>
  run(store, "readwrite", (objects) => objects.put(value, key)).catch((error) => {
    throw new NotKept(String(error), { cause: error });
  });
/** @param {string} store @param {string} key */
export const remove = (store, key) => run(store, "readwrite", (objects) => objects.delete(key));
/** @param {string} store */
export const all = (store) => run(store, "readonly", (objects) => objects.getAll());
