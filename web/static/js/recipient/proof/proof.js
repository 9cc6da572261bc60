/**
 * Checks a proof of delivery as docs/proof-format.md describes it. Needs WebCrypto with Ed25519; asks nobody.
 * The same rules stand in codes/proving/proof_check.py; `make fuzz-proof` holds the verifiers against each other.
 */

import {
  Fault,
  Unable,
  UUID,
  NAME,
  areFacts,
  canonical,
  has,
  hex,
  is,
  isHex,
  isMoment,
  isObject,
  isText,
  joined,
  must,
  sha256,
  unhex,
  utf8,
} from "./forms.js";
import { headOf, presentation, story } from "./story.js";

/** A proof has at most so many bytes. */
export const LARGEST = 4_000_000;
const FORMAT = "doorcode-proof-1";
const PARTS = [
  "format",
  "parcel",
  "grade",
  "proves",
  "does_not_prove",
  "handover",
  "contested",
  "events",
  "devices",
  "inclusion",
  "checkpoint",
  "signature",
  "note",
];
/** @typedef {import("./story.js").Event} Event */
/** @typedef {import("./story.js").Proved} Proved */

/** A line of a signed note (c2sp.org/signed-note), and how many and how long they are at most. */
const NOTE_LINE = /^— [!-*,-~]+ [A-Za-z0-9+/]+={0,2}$/;
const MOST_LINES = 17;
const LONGEST_LINE = 20_000;
const ZEROS = "0".repeat(64);

/**
 * Check everything a proof rests on. Throws Fault with the first thing that is wrong, or Unable.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} pem
 * @returns {Promise<Proved>}
 */
export async function checkProof(bytes, pem) {
  must(bytes.length <= LARGEST, "the file is too large to be a proof");
  if (!globalThis.crypto?.subtle) throw new Unable();
  try {
    return await check(read(bytes), pem);
  } catch (error) {
    if (error instanceof Fault || error instanceof Unable) throw error;
    throw new Fault("this is no proof of delivery");
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {any} */
function read(bytes) {
  let text, value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Fault("this is no JSON, or it was cut off");
  }
  must(canonical(value) === text, "this is JSON, but no longer in its one form (RFC 8785): it was written anew");
  return value;
}

/**
 * Tell whether a note's line is the log's own, and signs this checkpoint (c2sp.org/tlog-checkpoint).
 * @param {string} line
 * @param {{key: string, size: number, root: string}} checkpoint
 * @param {CryptoKey} key
 * @param {Uint8Array<ArrayBuffer>} raw
 */
async function isSignedNote(line, checkpoint, key, raw) {
  const name = `doorcode/${checkpoint.key}`;
  const number = (await sha256(joined(utf8.encode(`${name}\n\x01`), raw))).slice(0, 4);
  const [encoded] = /[A-Za-z0-9+/]{91}=$/.exec(line) ?? [""];
  const signed = Uint8Array.from(atob(encoded), (sign) => sign.charCodeAt(0));
  const own = hex(signed.slice(0, 4)) === hex(number) && line === `— ${name} ${base64(signed)}`;
  const text = utf8.encode(`${name}\n${checkpoint.size}\n${base64(unhex(checkpoint.root))}\n`);
  return own && crypto.subtle.verify({ name: "Ed25519" }, key, signed.slice(4), text);
}

/** @param {Uint8Array} bytes */
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** @param {any} proof @param {string} pem @returns {Promise<Proved>} */
async function check(proof, pem) {
  // 1. The outermost parts: nothing missing, nothing beside them.
  must(has(proof, PARTS) && proof.format === FORMAT, `the file is no ${FORMAT}`);
  const { parcel, events } = proof;
  must(has(parcel, ["id", "reference"]) && is(UUID, parcel.id) && isText(parcel.reference), "the parcel is not named");
  // 2. The chain: each event follows from the one before, and the first one announced this tracking number.
  const head = await chain(parcel.id, events);
  must(
    events[0].kind === "announced" && events[0].facts.reference === parcel.reference,
    "the tracking number is not the one that was announced",
  );
  // 3. The checkpoint: signed by the key that the reader trusts, and the chain's end is a leaf of its tree.
  await sealed(proof, head, pem);
  // 4. The devices: each key gives its device's id, and signed what its events say.
  await devices(
    proof.devices,
    events.filter((/** @type {Event} */ event) => event.kind === "presented"),
  );
  // 5. The handover and what became of it, in the order in which they happened.
  await story(parcel.reference, events);
  // 6. The head says what the events say.
  const said = headOf(events);
  for (const [name, value] of Object.entries(said)) {
    const fault = ["handover", "contested"].includes(name)
      ? `another ${name}: ${JSON.stringify(value)}`
      : `grade ${said.grade}`;
    must(canonical(proof[name]) === canonical(value), `the events show ${fault}`);
  }
  return {
    reference: parcel.reference,
    grade: said.grade,
    handover: said.handover,
    contested: said.contested,
    last_event_at: events[events.length - 1].at,
    sealed_at: proof.checkpoint.at,
  };
}

/** @param {string} parcel @param {any} events @returns {Promise<string>} */
async function chain(parcel, events) {
  must(Array.isArray(events) && events.length > 0, "there are no events");
  let previous = ZEROS;
  for (const [index, event] of events.entries()) {
    must(
      has(event, ["position", "kind", "at", "facts", "link"]) && event.position === index + 1,
      `event ${index + 1} is missing`,
    );
    const { position, kind, at, facts, link } = event;
    must(is(NAME, kind) && isMoment(at) && areFacts(facts), `event ${position} is not in the form of an event`);
    const hash = await sha256(utf8.encode(canonical({ parcel, position, kind, at, facts, previous })));
    must(hex(hash) === link, `event ${position} (${kind}) or the one before it was altered`);
    previous = link;
  }
  return previous;
}

/** @param {any} proof @param {string} head @param {string} pem */
async function sealed({ checkpoint, inclusion, signature, note, parcel, events }, head, pem) {
  must(
    has(checkpoint, ["format", "number", "at", "size", "root", "previous", "key"]) &&
      checkpoint.format === "doorcode-checkpoint-1",
    "this is no checkpoint",
  );
  const counted =
    Number.isSafeInteger(checkpoint.number) &&
    checkpoint.number > 0 &&
    Number.isSafeInteger(checkpoint.size) &&
    checkpoint.size > 0;
  const hashes = isHex(checkpoint.root, 32) && isHex(checkpoint.previous, 32) && isHex(checkpoint.key, 8);
  must(counted && hashes && isMoment(checkpoint.at) && isHex(signature, 64), "the checkpoint is not in its form");
  const der = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, "")), (sign) => sign.charCodeAt(0));
  const raw = der.slice(-32);
  must(hex(await sha256(raw)).slice(0, 16) === checkpoint.key, "the checkpoint names another key");
  let key;
  try {
    key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Unable();
  }
  const signed = utf8.encode(canonical(checkpoint));
  must(
    await crypto.subtle.verify({ name: "Ed25519" }, key, unhex(signature), signed),
    `the signature of checkpoint ${checkpoint.number} is wrong`,
  );
  const lines = Array.isArray(note) && note.length > 0 && note.length <= MOST_LINES;
  must(
    lines && note.every((line) => is(NOTE_LINE, line) && line.length <= LONGEST_LINE),
    "the signatures of the note are not in their form",
  );
  must(await isSignedNote(note[0], checkpoint, key, raw), "the signature of the note is wrong");
  must(
    has(inclusion, ["place", "path"]) && Number.isSafeInteger(inclusion.place) && inclusion.place >= 0,
    "the place in the log is not in its form",
  );
  must(
    Array.isArray(inclusion.path) &&
      inclusion.path.length <= 64 &&
      inclusion.path.every((/** @type {unknown} */ each) => isHex(each, 32)),
    "the place in the log is not in its form",
  );
  const leaf = canonical({ link: head, parcel: parcel.id, position: events.length });
  const path = inclusion.path.map(unhex);
  const fixed =
    inclusion.place < checkpoint.size &&
    (await rootOver(await sha256(joined(Uint8Array.of(0), utf8.encode(leaf))), inclusion.place, checkpoint.size, path));
  must(
    fixed && path.length === 0 && hex(fixed) === checkpoint.root,
    `the events are not those that checkpoint ${checkpoint.number} fixed`,
  );
}

/**
 * RFC 9162 §2.1.3.1 from the root down; uses the path up.
 * @param {Uint8Array<ArrayBuffer>} leaf @param {number} place @param {number} size @param {Uint8Array<ArrayBuffer>[]} path
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function rootOver(leaf, place, size, path) {
  if (size === 1) return leaf;
  let left = 1;
  while (left * 2 < size) left *= 2;
  const sibling = path.pop();
  if (!sibling) throw new Fault("the path to the root is too short");
  if (place < left) return sha256(joined(Uint8Array.of(1), await rootOver(leaf, place, left, path), sibling));
  return sha256(joined(Uint8Array.of(1), sibling, await rootOver(leaf, place - left, size - left, path)));
}

/** @param {any} keys @param {Event[]} presented */
async function devices(keys, presented) {
  must(isObject(keys), "the devices' keys are missing");
  for (const { facts, position } of presented) {
    const where = `event ${position}`;
    presentation(facts, where);
    const device = String(facts.device);
    must(Object.hasOwn(keys, device), `${where}: the key of device ${device} is missing`);
    must(isHex(keys[device], 65), `${where}: this is not the key of device ${device}`);
    const point = unhex(keys[device]);
    must(point[0] === 4 && device === (await deviceIdOf(point)), `${where}: this is not the key of device ${device}`);
    must(
      await fits(point, unhex(String(facts.signature)), utf8.encode(String(facts.signed))),
      `${where}: the signature of device ${device} is wrong`,
    );
  }
  const used = [...new Set(presented.map(({ facts }) => facts.device))].sort();
  must(canonical(used) === canonical(Object.keys(keys).sort()), "there are keys of devices that presented nothing");
}

/** @param {Uint8Array<ArrayBuffer>} point @param {Uint8Array<ArrayBuffer>} signature @param {Uint8Array<ArrayBuffer>} signed */
async function fits(point, signature, signed) {
  try {
    const key = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, signed);
  } catch {
    return false;
  }
}

/** A device's id is made of its key (RFC 9562 §5.8), so no other key that fits a signature can take its place. @param {Uint8Array<ArrayBuffer>} point */
async function deviceIdOf(point) {
  const bytes = (await sha256(point)).slice(0, 16);
  bytes[6] = 0x80 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
