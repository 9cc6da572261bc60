/**
 * Preparations of a grey picture: pixels in, a view out. Pure, and as the service's scanner makes them.
 * A view knows the way back, so that a symbol's place can be told in the picture that was given.
 */

/** @typedef {{data: Uint8ClampedArray, width: number, height: number}} Grey */
/** @typedef {[number, number, number, number, number, number]} Affine x' = ax + by + c, y' = dx + ey + f */
/** @typedef {{grey: Grey, back: Affine}} View */

/** @type {Affine} */
const SAME = [1, 0, 0, 0, 1, 0];

/** @param {ImageData} picture @returns {Grey} */
export function greyOf({ data, width, height }) {
  const grey = new Uint8ClampedArray(width * height);
  for (let at = 0, from = 0; at < grey.length; at++, from += 4) {
    grey[at] = (306 * data[from] + 601 * data[from + 1] + 117 * data[from + 2]) >> 10;
  }
  return { data: grey, width, height };
}

/** @param {Grey} grey @returns {ImageData} */
export function pictureOf({ data, width, height }) {
  const picture = new ImageData(width, height);
  const words = new Uint32Array(picture.data.buffer);
  // The same value three times and no transparency: the order of the bytes does not matter.
  for (let at = 0; at < data.length; at++) words[at] = (data[at] * 0x010101) | 0xff000000;
  return picture;
}

/** Reduce so that neither side is longer; each new pixel is the mean of those it covers. @param {Grey} grey @param {number} side @returns {View} */
export function atMost(grey, side) {
  const factor = side / Math.max(grey.width, grey.height);
  return factor >= 1 ? { grey, back: SAME } : pressed(grey, factor, factor);
}

/** Turn dark into light in a copy: what is light on dark is read as all else is. @param {Grey} grey @param {number} side @returns {View} */
export function negative(grey, side) {
  const { grey: small, back } = atMost(grey, side);
  const data = new Uint8ClampedArray(small.data.length);
  for (let at = 0; at < data.length; at++) data[at] = 255 - small.data[at];
  return { grey: { ...small, data }, back };
}

/** Press what was seen from the side to 0.6 of its height. @param {Grey} grey @returns {View} */
export function flattened(grey) {
  const factor = Math.min(1, 1000 / Math.max(grey.width, grey.height));
  return pressed(grey, factor, 0.6 * factor);
}

/** @param {Grey} grey @param {number} across @param {number} down @returns {View} */
function pressed(grey, across, down) {
  const width = Math.max(1, Math.round(grey.width * across));
  const height = Math.max(1, Math.round(grey.height * down));
  const rows = shares(grey.height, height);
  const columns = shares(grey.width, width);
  const line = new Float32Array(grey.width);
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    line.fill(0);
    for (let row = rows.first[y]; row <= rows.last[y]; row++) {
      const weight = row === rows.first[y] ? rows.head[y] : row === rows.last[y] ? rows.tail[y] : 1;
      for (let x = 0, from = row * grey.width; x < grey.width; x++) line[x] += weight * grey.data[from + x];
    }
    for (let x = 0; x < width; x++) {
      const first = columns.first[x];
      const last = columns.last[x];
      let sum = columns.head[x] * line[first];
      for (let column = first + 1; column < last; column++) sum += line[column];
      if (last > first) sum += columns.tail[x] * line[last];
      data[y * width + x] = sum / (rows.length * columns.length);
    }
  }
  return { grey: { data, width, height }, back: [grey.width / width, 0, 0, 0, grey.height / height, 0] };
}

/** Tell which old pixels, and what share of the first and last of them, each new one covers. @param {number} old @param {number} count */
function shares(old, count) {
  const length = old / count;
  const [first, last] = [new Int32Array(count), new Int32Array(count)];
  const [head, tail] = [new Float32Array(count), new Float32Array(count)];
  for (let at = 0; at < count; at++) {
    const [from, to] = [at * length, (at + 1) * length];
    first[at] = Math.floor(from);
    last[at] = Math.min(old - 1, Math.ceil(to - 1e-6) - 1);
    head[at] = Math.min(to, first[at] + 1) - from;
    tail[at] = to - last[at];
  }
  return { first, last, head, tail, length };
}

/** Even out light and shade (contrast-limited adaptive histogram). @param {Grey} grey @param {number} side @param {number} tiles @returns {View} */
export function evened(grey, side, tiles) {
  const { grey: small, back } = atMost(grey, side);
  const { data, width, height } = small;
  const [across, down] = [width / tiles, height / tiles];
  const curves = Array.from({ length: tiles * tiles }, (_, number) =>
    curveOf(small, number % tiles, Math.floor(number / tiles), across, down),
  );
  const made = new Uint8ClampedArray(data.length);
  const columns = Array.from({ length: width }, (_, x) => between(x, across, tiles));
  for (let y = 0; y < height; y++) {
    const row = between(y, down, tiles);
    for (let x = 0; x < width; x++) {
      const column = columns[x];
      const value = data[y * width + x];
      const upper =
        curves[row.low * tiles + column.low][value] * (1 - column.part) +
        curves[row.low * tiles + column.high][value] * column.part;
      const lower =
        curves[row.high * tiles + column.low][value] * (1 - column.part) +
        curves[row.high * tiles + column.high][value] * column.part;
      made[y * width + x] = upper * (1 - row.part) + lower * row.part;
    }
  }
  return { grey: { data: made, width, height }, back };
}

const CLIP = 3;

/** @param {Grey} grey @param {number} column @param {number} row @param {number} across @param {number} down */
function curveOf({ data, width, height }, column, row, across, down) {
  const [left, right] = [Math.floor(column * across), Math.min(width, Math.ceil((column + 1) * across))];
  const [top, bottom] = [Math.floor(row * down), Math.min(height, Math.ceil((row + 1) * down))];
  const counts = new Float32Array(256);
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) counts[data[y * width + x]]++;
  const area = (right - left) * (bottom - top);
  const most = Math.max(1, (CLIP * area) / 256);
  let excess = 0;
  for (let value = 0; value < 256; value++) {
    excess += Math.max(0, counts[value] - most);
    counts[value] = Math.min(counts[value], most);
  }
  const curve = new Float32Array(256);
  let sum = 0;
  for (let value = 0; value < 256; value++) curve[value] = ((sum += counts[value] + excess / 256) * 255) / area;
  return curve;
}

/** @param {number} at @param {number} length @param {number} tiles */
function between(at, length, tiles) {
  const place = (at + 0.5) / length - 0.5;
  const low = Math.floor(place);
  return { low: Math.max(0, low), high: Math.min(tiles - 1, low + 1), part: place - low };
}

/** Blur a reduced copy: screens' own pixels and noise vanish, modules stay. @param {Grey} grey @param {number} side @param {number} sigma @returns {View} */
export function softened(grey, side = 1000, sigma = 1.5) {
  const { grey: small, back } = atMost(grey, side);
  return { grey: { ...small, data: Uint8ClampedArray.from(blurred(small, sigma)) }, back };
}

/** Undo some defocus of a reduced copy by an unsharp mask. @param {Grey} grey @param {number} side @param {number} sigma @param {number} amount @returns {View} */
export function sharpened(grey, side = 700, sigma = 2, amount = 2) {
  const { grey: small, back } = atMost(grey, side);
  const soft = blurred(small, sigma);
  const data = new Uint8ClampedArray(soft.length);
  for (let at = 0; at < data.length; at++) data[at] = (1 + amount) * small.data[at] - amount * soft[at];
  return { grey: { ...small, data }, back };
}

/**
 * Blur by three means in a row, which come near a Gaussian and cost the same for any width.
 * @param {{data: Uint8ClampedArray | Float32Array, width: number, height: number}} grey @param {number} sigma
 */
export function blurred({ data, width, height }, sigma) {
  const narrow = Math.floor(Math.sqrt(4 * sigma ** 2 + 1) - 1) | 1;
  const wider = Math.round((12 * sigma ** 2 - 3 * narrow ** 2 - 12 * narrow - 9) / (-4 * narrow - 4));
  const from = Float32Array.from(data);
  const to = new Float32Array(data.length);
  for (let pass = 0; pass < 3; pass++) {
    const reach = (pass < wider ? narrow : narrow + 2) >> 1;
    if (!reach) continue;
    meansAcross(from, to, width, height, reach);
    meansDown(to, from, width, height, reach);
  }
  return from;
}

/** Return the mean of the square around each pixel. @param {Grey} grey @param {number} reach */
export function means({ data, width, height }, reach) {
  const [from, to] = [Float32Array.from(data), new Float32Array(data.length)];
  meansAcross(from, to, width, height, reach);
  meansDown(to, from, width, height, reach);
  return from;
}

/** @param {Float32Array} from @param {Float32Array} to @param {number} width @param {number} height @param {number} reach */
function meansAcross(from, to, width, height, reach) {
  const share = 1 / (2 * reach + 1);
  for (let row = 0; row < width * height; row += width) {
    const last = row + width - 1;
    let sum = from[row] * (reach + 1);
    for (let at = 1; at <= reach; at++) sum += from[Math.min(last, row + at)];
    for (let at = row; at <= last; at++) {
      to[at] = sum * share;
      sum += from[at + reach + 1 < last ? at + reach + 1 : last] - from[at - reach > row ? at - reach : row];
    }
  }
}

/** @param {Float32Array} from @param {Float32Array} to @param {number} width @param {number} height @param {number} reach */
function meansDown(from, to, width, height, reach) {
  const share = 1 / (2 * reach + 1);
  const last = height - 1;
  const sums = new Float32Array(width);
  for (let row = -reach; row <= reach; row++) {
    for (let x = 0, at = Math.min(last, Math.max(0, row)) * width; x < width; x++) sums[x] += from[at + x];
  }
  for (let y = 0; y <= last; y++) {
    const enters = Math.min(last, y + reach + 1) * width;
    const leaves = Math.max(0, y - reach) * width;
    for (let x = 0, at = y * width; x < width; x++) {
      to[at + x] = sums[x] * share;
      sums[x] += from[enters + x] - from[leaves + x];
    }
  }
}

/** Bring back differences in what is nearly white. @param {Grey} grey @returns {View} */
export function darkened(grey) {
  const { grey: small, back } = atMost(grey, 1000);
  const curve = Uint8ClampedArray.from({ length: 256 }, (_, value) => 255 * (value / 255) ** 4);
  return { grey: { ...small, data: small.data.map((value) => curve[value]) }, back };
}

/** Turn a reduced copy about its middle: bars are only read along rows and columns. @param {number} degrees @param {number} side @returns {(grey: Grey) => View} */
export function turned(degrees, side) {
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return (grey) => {
    const { grey: small, back } = atMost(grey, side);
    const width = Math.ceil(small.width * cosine + small.height * sine);
    const height = Math.ceil(small.width * sine + small.height * cosine);
    const data = new Uint8ClampedArray(width * height).fill(255);
    const startX = small.width / 2 - (width / 2) * cosine + (height / 2) * sine;
    const startY = small.height / 2 - (width / 2) * sine - (height / 2) * cosine;
    const lastX = small.width - 1;
    const lastY = small.height - 1;
    for (let y = 0; y < height; y++) {
      let fromX = startX - y * sine;
      let fromY = startY + y * cosine;
      for (let x = 0; x < width; x++, fromX += cosine, fromY += sine) {
        if (fromX >= 0 && fromY >= 0 && fromX < lastX && fromY < lastY)
          data[y * width + x] = mixed(small, fromX, fromY);
      }
    }
    return { grey: { data, width, height }, back: after([cosine, -sine, startX, sine, cosine, startY], back) };
  };
}

/** Enlarge the middle of a picture twofold and undo the defocus that shows, for modules under two pixels. @param {Grey} grey @returns {View} */
export function doubled(grey) {
  const [width, height] = [Math.min(grey.width, 480), Math.min(grey.height, 360)];
  const { grey: large, back } = enlarged(
    grey,
    (grey.width - width) >> 1,
    (grey.height - height) >> 1,
    width,
    height,
    2,
  );
  return { grey: sharpened(large, 2 * Math.max(width, height), 3, 1.5).grey, back };
}

/** Enlarge a small picture, for modules under two pixels. @param {Grey} grey @param {number} factor @param {number} side @returns {View} */
export function grown(grey, factor, side) {
  const most = Math.min(factor, side / Math.max(grey.width, grey.height));
  return most <= 1 ? { grey, back: SAME } : enlarged(grey, 0, 0, grey.width, grey.height, most);
}

/** Cut a part out and enlarge it. @param {Grey} grey @param {number} left @param {number} top @param {number} across @param {number} down @param {number} factor @returns {View} */
export function enlarged(grey, left, top, across, down, factor) {
  const [width, height] = [Math.floor(across * factor), Math.floor(down * factor)];
  const data = new Uint8ClampedArray(width * height);
  const [lastX, lastY] = [grey.width - 1.001, grey.height - 1.001];
  for (let y = 0; y < height; y++) {
    const fromY = Math.min(lastY, Math.max(0, top + (y + 0.5) / factor - 0.5));
    for (let x = 0; x < width; x++)
      data[y * width + x] = mixed(grey, Math.min(lastX, Math.max(0, left + (x + 0.5) / factor - 0.5)), fromY);
  }
  return { grey: { data, width, height }, back: [1 / factor, 0, left, 0, 1 / factor, top] };
}

/** Return the value between four pixels. @param {Grey} grey @param {number} x @param {number} y */
export function mixed({ data, width }, x, y) {
  const at = (y | 0) * width + (x | 0);
  const partX = x - (x | 0);
  const partY = y - (y | 0);
  const upper = data[at] + (data[at + 1] - data[at]) * partX;
  const lower = data[at + width] + (data[at + width + 1] - data[at + width]) * partX;
  return upper + (lower - upper) * partY;
}

/** @param {Affine} first @param {Affine} second a pure scaling @returns {Affine} */
export function after([a, b, c, d, e, f], [scaleX, , , , scaleY]) {
  return [a * scaleX, b * scaleX, c * scaleX, d * scaleY, e * scaleY, f * scaleY];
}
