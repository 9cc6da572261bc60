/** zxing-cpp as WebAssembly, installed from npm at set-up and served by this service. */

const HOME = "/static/vendor/zxing-wasm/";
// Named, since every wrong text came from symbologies that nobody had asked for.
const FORMATS = ["QRCodeModel2", "Code128", "DataMatrix", "ITF"];
const NAMES = { QRCodeModel2: "QRCode" };

/** @returns {Promise<import("./decoder-worker.js").Engine | null>} */
export async function makeZxing() {
  try {
    const { prepareZXingModule, readBarcodes } = await import(`${HOME}es/reader/index.js`);
    await prepareZXingModule({
      overrides: { locateFile: (/** @type {string} */ name) => `${HOME}reader/${name}` },
      fireImmediately: true,
    });
    return {
      name: "zxing",
      read: async (picture, turn) => {
        // Turned and inverted copies cost time and are seldom needed: each third frame gets them.
        const thorough = turn % 3 === 2;
        const options = { formats: FORMATS, textMode: "Plain", maxNumberOfSymbols: 4, tryRotate: thorough, tryInvert: thorough };
        const found = await readBarcodes(pixelsOf(picture), options);
        return found
          .filter((/** @type {any} */ symbol) => symbol.isValid)
          .map((/** @type {any} */ symbol) => ({
            text: symbol.text,
            symbology: NAMES[/** @type {keyof typeof NAMES} */ (symbol.format)] ?? symbol.format,
          }));
      },
    };
  } catch {
    return null;
  }
}

/** @type {OffscreenCanvas | null} */
let canvas = null;

/** @param {ImageBitmap|ImageData} picture */
function pixelsOf(picture) {
  if (picture instanceof ImageData) return picture;
  const { width, height } = picture;
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, width, height);
}
