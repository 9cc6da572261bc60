/**
 * The page's own reader without a page: pictures come in on standard input and what was read goes out, a line each.
 * A picture is a line of JSON (`width`, `height`, `kinds`, `enough`, `task`) and its grey pixels after it; its task is
 * `first` or `next` frame of a camera, or `still`. Times are of the processor. `tests/parts/scanning/node_reader.py`
 * asks, and sends no picture before the last one is answered.
 */

import "./image-data.js";

import { readFileSync } from "node:fs";

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

import { Ladder } from "../../web/static/js/lib/decoding/ladder.js";
import { readingWith } from "../../web/static/js/lib/decoding/engines/zxing.js";

const WASM = new URL("../../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url);
const NEWLINE = 10;

/** The time for which this thread had a processor (Linux: sched-stats.rst); what others compile beside it is not in it. */
const clock = () => Number(readFileSync("/proc/self/schedstat", "latin1").split(" ")[0]) / 1e6;

prepareZXingModule({ overrides: { wasmBinary: readFileSync(WASM).buffer } });
const readOnce = readingWith(readBarcodes);

let ladder = new Ladder(readOnce, clock);

/** @param {any} asked @param {Uint8ClampedArray} data */
async function read({ width, height, kinds, enough, task }, data) {
  const picture = { data, width, height };
  if (task !== "next") ladder = new Ladder(readOnce, clock);
  const began = clock();
  const found = await (task === "still" ? ladder.still(picture, kinds) : ladder.frame(picture, kinds, enough));
  return { found, time: clock() - began };
}

/** @type {Buffer[]} */
let held = [];
/** @type {any} */
let asked = null;
let missing = 0;
for await (const chunk of process.stdin) {
  held.push(chunk);
  missing -= chunk.length;
  if (missing > 0) continue;
  const bytes = Buffer.concat(held);
  held = [bytes];
  const end = bytes.indexOf(NEWLINE);
  if (end < 0) continue;
  asked = JSON.parse(bytes.subarray(0, end).toString());
  missing = end + 1 + asked.width * asked.height - bytes.length;
  if (missing > 0) continue;
  process.stdout.write(`${JSON.stringify(await read(asked, new Uint8ClampedArray(bytes.subarray(end + 1))))}\n`);
  held = [];
}
