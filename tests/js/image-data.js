/** What a worker has, and node has not. */
class Picture {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
  }
}
globalThis.ImageData ??= /** @type {any} */ (Picture);
