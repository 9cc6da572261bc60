/** Decodes frames away from the page: the native detector where it proves itself, else zxing in WebAssembly. */

import { makeNative } from "./decoder-native.js";
import { makeZxing } from "./decoder-zxing.js";

/** @typedef {{text: string, symbology: string}} Symbol */
/** @typedef {{name: string, read: (picture: ImageBitmap|ImageData, turn: number) => Promise<Symbol[]>}} Engine */

/** @type {Engine | null} */
let engine = null;
let turn = 0;

async function choose() {
  engine = (await makeNative()) ?? (await makeZxing());
  postMessage({ kind: "engine", name: engine?.name ?? null });
}

/** @param {ImageBitmap|ImageData} picture */
async function read(picture) {
  if (!engine) return [];
  try {
    return await engine.read(picture, turn++);
  } catch {
    // An engine that fails once is not trusted again.
    engine = engine.name === "native" ? await makeZxing() : null;
    postMessage({ kind: "engine", name: engine?.name ?? null });
    return [];
  } finally {
    if (picture instanceof ImageBitmap) picture.close();
  }
}

addEventListener("message", async ({ data }) => {
  postMessage({ kind: "read", id: data.id, symbols: await read(data.picture) });
});

choose();
