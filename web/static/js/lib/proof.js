/** Checks a proof of delivery as docs/proof-format.md describes it. Needs WebCrypto with Ed25519; asks nobody. */

/** The first thing that is wrong with a proof. */
export class Fault extends Error {}
/** This browser cannot check Ed25519 signatures. */
export class Unable extends Error {}

const KEYS = ["format", "parcel", "grade", "proves", "does_not_prove", "events", "devices", "inclusion", "checkpoint", "signature"];
const ZEROS = "0".repeat(64);
const SENTENCES = {
  D: ["Two members of staff answer by name for a handover without a code.", "It does not show that the recipient was there, nor what was in the parcel."],
  C: ["The code of a person whom the recipient had named was presented for this parcel.", "It does not show who held that code, nor what was in the parcel."],
  A: ["The recipient's symbol and this parcel's label were read by the same enrolled device.", "It does not show who held the symbol, nor what was in the parcel."],
  B: ["A right code was presented for this parcel, but its digits were typed or its label was not read.", "It does not show who told the code, nor that this parcel was at hand, nor what was in it."],
  "-": ["No handover is recorded.", "It does not show where the parcel is."],
};
const utf8 = new TextEncoder();

/** @param {Uint8Array} bytes @param {string} pem @returns {Promise<{reference: string, grade: string, sealed_at: string, proves: string, does_not_prove: string}>} */
export async function checkProof(bytes, pem) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const proof = JSON.parse(text);
  must(canonical(proof) === text, "the file is not in its one form");
  must(has(proof, KEYS) && proof.format === "doorcode-proof-1", "this is no proof of delivery");
  const head = await chain(proof.parcel.id, proof.events);
  const [first] = proof.events;
  must(has(proof.parcel, ["id", "reference"]) && first.kind === "announced" && first.facts.reference === proof.parcel.reference, "the tracking number is not the one that was announced");
  await sealed(proof, head, pem);
  await devices(proof);
  const grade = handover(proof);
  const [proves, doesNot] = SENTENCES[grade];
  must(proof.grade === grade && proof.proves === proves && proof.does_not_prove === doesNot, `the events show grade ${grade}`);
  return { reference: proof.parcel.reference, grade, sealed_at: proof.checkpoint.at, proves, does_not_prove: doesNot };
}

async function chain(parcel, events) {
  must(events.length > 0, "there are no events");
  let previous = ZEROS;
  for (const [index, event] of events.entries()) {
    const { position, kind, at, facts, link } = event;
    must(has(event, ["position", "kind", "at", "facts", "link"]) && position === index + 1, `event ${index + 1} is missing`);
    must(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(at), `event ${position} has no moment`);
    const hash = await sha256(utf8.encode(canonical({ parcel, position, kind, at, facts, previous })));
    must(hex(hash) === link, `event ${position} (${kind}) or the one before it was altered`);
    previous = link;
  }
  return previous;
}

async function sealed(proof, head, pem) {
  const { checkpoint, inclusion } = proof;
  must(has(checkpoint, ["format", "number", "at", "size", "root", "previous", "key"]) && checkpoint.format === "doorcode-checkpoint-1", "this is no checkpoint");
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
  must(await crypto.subtle.verify({ name: "Ed25519" }, key, unhex(proof.signature, 64), signed), "the checkpoint's signature is wrong");
  const leaf = canonical({ link: head, parcel: proof.parcel.id, position: proof.events.length });
  must(has(inclusion, ["place", "path"]) && Number.isInteger(inclusion.place) && inclusion.place >= 0 && inclusion.place < checkpoint.size, "the place in the log is none");
  const path = inclusion.path.map((each) => unhex(each, 32));
  const root = await rootOver(await sha256(joined([0], utf8.encode(leaf))), inclusion.place, checkpoint.size, path);
  must(path.length === 0 && hex(root) === checkpoint.root, `the events are not those that checkpoint ${checkpoint.number} fixed`);
}

/** RFC 9162 §2.1.3.1 from the root down; uses the path up. */
async function rootOver(leaf, place, size, path) {
  if (size === 1) return leaf;
  let left = 1;
  while (left * 2 < size) left *= 2;
  const sibling = path.pop();
  must(sibling, "the path to the root is too short");
  if (place < left) return sha256(joined([1], await rootOver(leaf, place, left, path), sibling));
  return sha256(joined([1], sibling, await rootOver(leaf, place - left, size - left, path)));
}

async function devices(proof) {
  const presented = proof.events.filter((event) => event.kind === "presented");
  const used = [...new Set(presented.map((event) => event.facts.device))].sort();
  must(canonical(used) === canonical(Object.keys(proof.devices).sort()), "the devices' keys are not those that are needed");
  for (const { facts, position } of presented) {
    const lines = facts.signed.split("\n");
    const plain = (id) => id.toLowerCase().replaceAll("-", "");
    const same = plain(lines[1]) === plain(facts.presentation) && lines[2] === facts.device && lines[5] === facts.means && facts.offline === (lines[4] === "offline");
    must(same, `event ${position}: the device signed something else`);
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const key = await crypto.subtle.importKey("raw", unhex(proof.devices[facts.device], 65), curve, false, ["verify"]);
    const right = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, unhex(facts.signature, 64), utf8.encode(facts.signed));
    must(right, `event ${position}: the signature of device ${facts.device} is wrong`);
  }
}

// What a device signs only to be told what waits releases nothing.
const RELEASES = "doorcode-presentation-1";

function handover(proof) {
  const accepted = new Map();
  let grade = "-";
  for (const { kind, facts, position } of proof.events) {
    const [form, ...lines] = facts.signed?.split("\n") ?? [];
    if (kind === "presented" && facts.outcome === "accepted" && form === RELEASES) accepted.set(facts.presentation, lines.slice(6));
    if (kind === "supervised_handover" && grade === "-") grade = "D";
    if (kind !== "handed_over") continue;
    const signed = accepted.get(facts.presentation);
    must(signed, `event ${position}: no accepted presentation led to this handover`);
    const held = signed.map((line) => line.split(" ")).some((words) => words.slice(1, -1).join("").toUpperCase() === proof.parcel.reference && words.at(-1) === facts.by);
    must(facts.by === "code" || held, `event ${position}: the device did not sign that it held this parcel`);
    const found = facts.holder === "delegate" ? "C" : facts.means === "payload" && facts.by === "label" ? "A" : "B";
    if (grade === "-") grade = found;
  }
  return grade;
}

/** RFC 8785 for the values that stand in a proof. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") {
    must(typeof value !== "number" || Number.isSafeInteger(value), "a number has no one form");
    return JSON.stringify(value);
  }
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

const has = (value, names) => value !== null && typeof value === "object" && canonical(Object.keys(value).sort()) === canonical([...names].sort());
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);
const joined = (...parts) => new Uint8Array(parts.flatMap((part) => Array.from(new Uint8Array(part))));

function unhex(text, length) {
  must(typeof text === "string" && text.length === 2 * length && /^[0-9a-f]*$/.test(text), "hexadecimal text is not in its form");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function must(condition, fault) {
  if (!condition) throw new Fault(fault);
}
