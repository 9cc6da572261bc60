/** Two built-in pictures that a decoder must read rightly before it is trusted. Not a code that was ever issued. */

const TEXT = "7310123456789012345678901234567871";
// QR version 2, level H: one row of 25 modules per number.
const QR_ROWS = [
  0x1fc137f, 0x104ef41, 0x1756e5d, 0x175985d, 0x174af5d, 0x104d141, 0x1fd557f, 0x0007000, 0x036f90c, 0x101abe6,
  0x0d67723, 0x0d9a3af, 0x1449e87, 0x1592076, 0x18fb6f4, 0x1718f83, 0x11ee7fc, 0x0014712, 0x1fdb756, 0x104b115,
  0x1759ff0, 0x1758601, 0x174f60b, 0x104907d, 0x1fc6337,
];
// Code 128 in set C: widths of bars and gaps in turn.
const CODE_128_WIDTHS =
  "2112321421122213121122321311233311212411122141211122321311233311212411122141211122321311233311212411121221143212212331112";
const MODULE = 6;
const BORDER = 6 * MODULE;

/** @typedef {{text: string, picture: OffscreenCanvas}} Probe */

/** @returns {Probe} */
export function qrProbe() {
  const size = QR_ROWS.length;
  return drawn(size * MODULE, size * MODULE, (fill) =>
    QR_ROWS.forEach((row, y) => {
      for (let x = 0; x < size; x++) {
        if ((row >> (size - 1 - x)) & 1) fill(x * MODULE, y * MODULE, MODULE, MODULE);
      }
    }),
  );
}

/** @returns {Probe} */
export function code128Probe() {
  const widths = [...CODE_128_WIDTHS].map(Number);
  const modules = widths.reduce((sum, width) => sum + width, 0);
  return drawn(modules * 2, 120, (fill) => {
    let x = 0;
    widths.forEach((width, index) => {
      if (index % 2 === 0) fill(x, 0, width * 2, 120);
      x += width * 2;
    });
  });
}

/**
 * @param {number} width
 * @param {number} height
 * @param {(fill: (x: number, y: number, width: number, height: number) => void) => void} paint
 * @returns {Probe}
 */
function drawn(width, height, paint) {
  const picture = new OffscreenCanvas(width + 2 * BORDER, height + 2 * BORDER);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (picture.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = "#000";
  paint((x, y, w, h) => context.fillRect(x + BORDER, y + BORDER, w, h));
  return { text: TEXT, picture };
}
