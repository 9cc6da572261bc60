/** A frame or a photograph as numbers, in a worker; what is much larger than what is asked for is reduced. */

const FRAME_SIDE = 2400;
/** As the service's reader reduces photographs, too. */
export const PHOTO_SIDE = 4096;

/** @type {OffscreenCanvas | null} */
let canvas = null;

/** @param {ImageBitmap|ImageData} picture @param {number} side @returns {ImageData} */
export function pixelsOf(picture, side = FRAME_SIDE) {
  if (picture instanceof ImageData) return picture;
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
