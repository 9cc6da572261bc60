/** A frame as numbers, in a worker; a photograph that is much larger than a frame is reduced. */

const LARGEST_SIDE = 2400;

/** @type {OffscreenCanvas | null} */
let canvas = null;

/** @param {ImageBitmap|ImageData} picture @returns {ImageData} */
export function pixelsOf(picture) {
  if (picture instanceof ImageData) return picture;
  const scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
