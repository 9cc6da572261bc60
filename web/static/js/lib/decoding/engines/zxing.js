/** zxing-cpp as WebAssembly, installed from npm at set-up and served by this service. */

import { Ladder } from "../ladder.js";
import { PHOTO_SIDE, brightnessOf } from "../pixels.js";
import { isBars } from "../places.js";
import { code128Probe } from "./probe.js";

// What a picture of a whole shelf holds; the decoder's own bound.
const MOST_SYMBOLS = 255;
const HOME = "/static/vendor/zxing-wasm/";
// `QRCode` would include Micro QR, which has almost no error detection.
const ASKED = /** @type {Record<string, string>} */ ({ QRCode: "QRCodeModel2" });
const NAMES = /** @type {Record<string, string>} */ ({
  ...{
    QRCodeModel1: "QRCode",
    QRCodeModel2: "QRCode",
    AztecCode: "Aztec",
    AztecRune: "Aztec",
    CompactPDF417: "PDF417",
  },
  ...{ Code39Std: "Code39", Code39Ext: "Code39", Code32: "Code39", PZN: "Code39", ITF14: "ITF", ISBN: "EAN13" },
});

/** @returns {Promise<import("../decoder-worker.js").Engine | null>} */
export async function makeZxing() {
  try {
    const { prepareZXingModule, readBarcodes } = await import(`${HOME}es/reader/index.js`);
    await prepareZXingModule({
      overrides: { locateFile: (/** @type {string} */ name) => `${HOME}reader/${name}` },
      fireImmediately: true,
    });
    const readOnce = readingWith(readBarcodes);
    await warmUp(new Ladder(readOnce));
    const ladder = new Ladder(readOnce);
    return {
      name: "zxing",
      read: async (picture, wanted, enough) => ladder.frame(await brightnessOf(picture), wanted, enough),
      readStill: async (picture, wanted) => ladder.still(await brightnessOf(picture, PHOTO_SIDE), wanted),
    };
  } catch {
    return null;
  }
}

/** Return what makes one attempt. @param {(picture: ImageData, options: object) => Promise<any[]>} readBarcodes of zxing-wasm @returns {import("../ladder.js").Read} */
export const readingWith = (readBarcodes) => async (picture, wanted, options) => {
  const formats = wanted.map((kind) => ASKED[kind] ?? kind);
  const found = await readBarcodes(picture, {
    formats,
    textMode: "Plain",
    maxNumberOfSymbols: MOST_SYMBOLS,
    ...options,
  });
  return found.filter((symbol) => symbol.text || !symbol.isValid).flatMap(sighted);
};

/** Let the engine compile what the first frames need before the camera has one. @param {Ladder} ladder one that is thrown away */
async function warmUp(ladder) {
  const picture = await brightnessOf(code128Probe().picture.transferToImageBitmap());
  for (const kinds of [["QRCode", "DataMatrix"], ["Code128"]]) await ladder.frame(picture, kinds, "any");
}

/**
 * Of what the decoder could not read, only a symbol's own patterns say that one is there: bars are everywhere.
 * @param {any} found @returns {import("../places.js").Sighted[]}
 */
function sighted({ text, format, position, isValid, version, lineCount: rows }) {
  const { topLeft, topRight, bottomRight, bottomLeft } = position;
  const corners = [topLeft, topRight, bottomRight, bottomLeft];
  const symbology = NAMES[format] ?? format;
  if (!isValid)
    return isBars(symbology) ? [] : [{ text: "", symbology, corners, isUnread: true, version: Number(version) }];
  // An EAN of 13 digits that begins with 0 is printed as UPC-A, with twelve.
  const isUpc = text.length === 13 && text.startsWith("0") && (symbology === "EAN13" || symbology === "UPCA");
  return [isUpc ? { text: text.slice(1), symbology: "UPCA", corners, rows } : { text, symbology, corners, rows }];
}
