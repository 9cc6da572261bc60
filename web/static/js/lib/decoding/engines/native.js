/** The browser's own BarcodeDetector, used only where it reads two built-in pictures rightly. */

import { code128Probe, qrProbe } from "./probe.js";

const NAMES = { qr_code: "QRCode", code_128: "Code128", data_matrix: "DataMatrix", itf: "ITF" };

/** @returns {Promise<import("../decoder-worker.js").Engine | null>} */
export async function makeNative() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (!Detector || typeof OffscreenCanvas === "undefined") return null;
  try {
    const known = await Detector.getSupportedFormats();
    const formats = Object.keys(NAMES).filter((name) => known.includes(name));
    if (!formats.includes("qr_code") || !formats.includes("code_128")) return null;
    const detector = new Detector({ formats });
    const read = async (/** @type {ImageBitmapSource} */ picture) =>
      (await detector.detect(picture)).map((/** @type {any} */ found) => ({
        text: found.rawValue,
        symbology: NAMES[/** @type {keyof typeof NAMES} */ (found.format)] ?? found.format,
      }));
    for (const probe of [qrProbe(), code128Probe()]) {
      const [found] = await read(probe.picture);
      if (found?.text !== probe.text) return null;
    }
    const readFrame = async (/** @type {import("../pixels.js").Picture} */ picture) => {
      // Detectors take a camera's own frame in the newest browsers only.
      const bitmap = await createImageBitmap(picture);
      return read(bitmap).finally(() => bitmap.close());
    };
    return { name: "native", read: readFrame, readStill: read };
  } catch {
    return null;
  }
}
