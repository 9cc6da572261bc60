/**
 * Finds the proof file that is attached to a PDF (ISO 32000-1, 7.11.4), also in one that another program saved anew.
 * The same rules stand in codes/proving/attachment.py. Streams stand whole in every PDF, whatever holds their names,
 * so all of them are looked through, and the page tree and the cross-reference table are not read at all.
 */

import { Fault, Unable } from "./forms.js";
import { LARGEST } from "./proof.js";

/** A PDF is looked through up to so many bytes. */
export const LARGEST_SHEET = 16_000_000;
/** A sheet has about fifteen. Each may have to be inflated to the length of the longest proof. */
const MOST_STREAMS = 100;
const LONGEST_DICTIONARY = 4000;
/** How each proof begins: its keys are sorted. */
const BEGINS = '{"checkpoint":{';
const ENDS_OF_LINE = ["", "\n", "\r", "\r\n"];
// White space is what ISO 32000-1, 7.2.2 calls so; \s is more than that, and not the same in every language.
const LENGTH = /\/Length[\0\t\n\f\r ]+([0-9]{1,9})(?![0-9]|[\0\t\n\f\r ]+[0-9]+[\0\t\n\f\r ]+R)/;
const FILTER = /\/Filter[\0\t\n\f\r ]*(\[[^\]]{0,200}\]|\/[A-Za-z0-9]+)/;

/**
 * Return the proof file that is attached to a PDF; any other file as it is. Throws Fault.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function proofIn(bytes) {
  if (latin1(bytes.subarray(0, 5)) !== "%PDF-") return bytes;
  if (bytes.length > LARGEST_SHEET) throw new Fault("the PDF is too large to be the sheet of a proof");
  const text = latin1(bytes);
  if (text.includes("/Encrypt"))
    throw new Fault("the PDF is encrypted; save the file that is attached to it, and check that");
  /** @type {Uint8Array<ArrayBuffer>|undefined} */
  let found;
  for await (const content of streams(bytes, text)) {
    if (found && latin1(found) !== latin1(content)) {
      throw new Fault("several proof files are attached to this PDF; save the one you mean, and check that");
    }
    found = content;
  }
  if (!found) throw new Fault("no proof file is attached to this PDF");
  return found;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {string} text */
async function* streams(bytes, text) {
  // Without looking behind, which phones before Safari 16.4 do not know: they would not load this file at all.
  const opening = /(end)?stream(?:\r\n|\n)/g;
  for (let count = 0; count < MOST_STREAMS;) {
    const found = opening.exec(text);
    if (!found) return;
    if (found[1]) continue;
    count++;
    const begin = opening.lastIndex;
    let dictionary = text.slice(Math.max(0, found.index - LONGEST_DICTIONARY), found.index);
    dictionary = dictionary.slice(dictionary.lastIndexOf(" obj") + 1);
    const end = endOf(text, begin, dictionary);
    if (end < 0) return;
    const content = await decoded(bytes.slice(begin, end), dictionary);
    opening.lastIndex = end;
    if (content && latin1(content.subarray(0, BEGINS.length)) === BEGINS) yield content;
  }
  throw new Fault("the PDF holds too many streams to be the sheet of a proof");
}

/** Where a stream ends: after its length if that is told and right, else before the next `endstream`. @param {string} text @param {number} begin @param {string} dictionary */
function endOf(text, begin, dictionary) {
  const told = LENGTH.exec(dictionary);
  if (told) {
    const end = begin + Number(told[1]);
    if (/^[\r\n]*endstream/.test(text.slice(end, end + 11))) return end;
  }
  return text.indexOf("endstream", begin);
}

/** What a stream holds; null if its filter is another than Flate, or if it is no proof. @param {Uint8Array<ArrayBuffer>} content @param {string} dictionary */
async function decoded(content, dictionary) {
  const filters = FILTER.exec(dictionary)?.[1].match(/\/[A-Za-z0-9]+/g) ?? [];
  if (filters.length === 0) {
    let end = content.length;
    while (end > 0 && (content[end - 1] === 10 || content[end - 1] === 13)) end--;
    return content.length <= LARGEST + 2 ? content.slice(0, end) : null;
  }
  if (filters.length !== 1 || filters[0] !== "/FlateDecode") return null;
  if (typeof DecompressionStream === "undefined") throw new Unable();
  // DecompressionStream takes nothing behind what was compressed; at most one end of line may stand there.
  const last = latin1(content.subarray(-2));
  for (const end of ENDS_OF_LINE.filter((each) => last.endsWith(each))) {
    const whole = await inflated(content.slice(0, content.length - end.length));
    if (whole) return whole;
  }
  return null;
}

/** @param {Uint8Array<ArrayBuffer>} content @returns {Promise<Uint8Array<ArrayBuffer>|null>} */
async function inflated(content) {
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  let length = 0;
  let begun = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      length += value.length;
      begun = (begun + latin1(value.subarray(0, BEGINS.length))).slice(0, BEGINS.length);
      if (length > LARGEST || !BEGINS.startsWith(begun)) {
        await reader.cancel();
        return null;
      }
    }
  } catch {
    return null;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** One letter for each byte. @param {Uint8Array} bytes */
const latin1 = (bytes) => new TextDecoder("latin1").decode(bytes);
