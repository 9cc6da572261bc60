/** Decodes frames away from the page: the native detector where it proves itself, else zxing in WebAssembly. */

import { makeNative } from "./engines/native.js";
import { makeZxing } from "./engines/zxing.js";
import { lookOf } from "./look.js";
import { brightnessOf } from "./pixels.js";

/** @typedef {{text: string, symbology: string}} Symbol */
/** @typedef {import("./pixels.js").Picture} Picture */
/** @typedef {import("./enough.js").Enough} Enough */
/**
 * @typedef {{name: string, read: (picture: Picture, wanted: string[], enough: Enough) => Promise<Symbol[]>,
 *   readStill: (picture: Picture, wanted: string[]) => Promise<Symbol[]>}} Engine
 */

/** @type {Engine | null} */
let engine = null;

async function choose() {
  engine = (await makeNative()) ?? (await makeZxing());
  postMessage({ kind: "engine", name: engine?.name ?? null });
}

/** @param {{picture: Picture, wanted: string[], enough: Enough, task: string}} asked */
async function read({ picture, wanted, enough, task }) {
  if (!engine) return [];
  try {
    return await (task === "read-still" ? engine.readStill(picture, wanted) : engine.read(picture, wanted, enough));
  } catch {
    // An engine that fails once is not trusted again.
    engine = engine.name === "native" ? await makeZxing() : null;
    postMessage({ kind: "engine", name: engine?.name ?? null });
    return [];
  }
}

addEventListener("message", async ({ data: { id, task, picture: given, ...asked } }) => {
  // A photograph is unpacked here: a large one holds its page.
  const picture = given instanceof Blob ? await createImageBitmap(given).catch(() => null) : given;
  const found =
    picture && (task === "look" ? lookOf(await brightnessOf(picture)) : await read({ ...asked, picture, task }));
  if (picture && !(picture instanceof ImageData)) picture.close();
  postMessage({ kind: "found", id, found });
});

choose();
