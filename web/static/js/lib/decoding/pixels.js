/**
 * A frame or a photograph as brightness, in a worker; what is much larger than what is asked for is reduced. A camera's
 * own frame is not painted first: its planes begin with brightness.
 */

import { atMost, greyOf } from "./steps.js";

/** @typedef {import("./steps.js").Grey} Grey */
/** @typedef {VideoFrame|ImageBitmap|ImageData} Picture */

const FRAME_SIDE = 2400;
/** As the service's reader reduces photographs, too. */
export const PHOTO_SIDE = 4096;
const BRIGHTNESS_FIRST = ["I420", "I420A", "I422", "I444", "NV12"];
// Video leaves room below black and above white (ITU-R BT.601, BT.709).
const BLACK = 16;
const WHITE = 235;
const FULL_RANGE = Uint8ClampedArray.from({ length: 256 }, (_, at) => (255 * (at - BLACK)) / (WHITE - BLACK));

/** @type {OffscreenCanvas | null} */
let canvas = null;

/** Take a picture's brightness, and close the picture: a camera has few frames to lend. @param {Picture} picture @param {number} side @returns {Promise<Grey>} */
export async function brightnessOf(picture, side = FRAME_SIDE) {
  if (picture instanceof ImageData) return greyOf(picture);
  try {
    const planes = typeof VideoFrame !== "undefined" && picture instanceof VideoFrame && (await firstPlane(picture));
    return planes ? atMost(planes, side).grey : painted(picture, side);
  } finally {
    picture.close();
  }
}

/** @param {VideoFrame} frame @returns {Promise<Grey | null>} nothing where its planes are others, or cannot be had */
async function firstPlane(frame) {
  const { format, visibleRect, colorSpace } = frame;
  if (!format || !visibleRect || !BRIGHTNESS_FIRST.includes(format)) return null;
  const bytes = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(bytes).catch(() => null);
  if (!layout) return null;
  const { width, height } = visibleRect;
  const [{ offset, stride }] = layout;
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const from = offset + y * stride;
    if (colorSpace.fullRange) data.set(bytes.subarray(from, from + width), to);
    else for (let x = 0; x < width; x++) data[to + x] = FULL_RANGE[bytes[from + x]];
    to += width;
  }
  return { data, width, height };
}

/** @param {VideoFrame|ImageBitmap} picture @param {number} side @returns {Grey} */
function painted(picture, side) {
  const [across, down] =
    "displayWidth" in picture ? [picture.displayWidth, picture.displayHeight] : [picture.width, picture.height];
  const scale = Math.min(1, side / Math.max(across, down));
  const [width, height] = [Math.round(across * scale), Math.round(down * scale)];
  if (canvas?.width !== width || canvas.height !== height) canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  context.drawImage(picture, 0, 0, width, height);
  return greyOf(context.getImageData(0, 0, width, height));
}
