/** What a proof's events say: what a device presented, what was handed over on it, and what became of that. */

import { Fault, NAME, UUID, hex, is, isHex, isMoment, isText, joined, must, sha256, unhex, utf8 } from "./forms.js";

// What a device signs only to be told what waits releases nothing.
const RELEASES = "doorcode-presentation-1";
const FORMS = [RELEASES, "doorcode-collection-1"];
const MEANS = ["payload", "digits", "tap"];
const IN_HAND_BY = ["label", "choice", "code"];
const SIGNED_LINE = /^(parcel [0-9a-f]{64} [a-z]+|name [0-9a-f]{64})$/;
/** @type {Record<string, [string, string]>} */
const SENTENCES = {
  D: [
    "Two members of staff answer by name for a handover without a code.",
    "It does not show that the recipient was there, nor what was in the parcel.",
  ],
  E: [
    "This parcel needed no code; an enrolled device recorded that it was handed over.",
    "It does not show that the recipient was there, nor what was in the parcel.",
  ],
  C: [
    "The code of a person whom the recipient had named was presented for this parcel.",
    "It does not show who held that code, nor what was in the parcel.",
  ],
  A: [
    "The recipient's symbol and this parcel's label were read by the same enrolled device.",
    "It does not show who held the symbol, nor what was in the parcel.",
  ],
  B: [
    "A right code was presented for this parcel, but its digits were typed or its label was not read.",
    "It does not show who told the code, nor that this parcel was at hand, nor what was in it.",
  ],
  "-": ["No handover is recorded.", "It does not show where the parcel is."],
};

/**
 * @typedef {{[name: string]: null | boolean | number | string}} Facts
 * @typedef {{position: number, kind: string, at: string, facts: Facts, link: string}} Event
 * @typedef {{at: string, recorded: string, offline: boolean, conflict: string|null}} Handover
 * @typedef {{kind: string, by: string, at: string, answered: string|null}} Contest
 * @typedef {{reference: string, grade: string, handover: Handover|null, contested: Contest[],
 *   last_event_at: string, sealed_at: string}} Proved
 */

/** Check that what is told of a presentation is what its signed text says. @param {Facts} facts @param {string} where */
export function presentation(facts, where) {
  const { device, presentation: id, signature, signed, offline, outcome, means } = facts;
  const formed =
    is(UUID, device) &&
    is(UUID, id) &&
    isHex(signature, 64) &&
    isText(signed) &&
    typeof offline === "boolean" &&
    is(NAME, outcome);
  must(formed, `${where} is not in the form of a presentation`);
  const [form, ...lines] = String(signed).split("\n");
  const ids = FORMS.includes(form) && lines.length >= 6 && lines[0].toLowerCase() === id && lines[1] === device;
  const rest = ids && lines[3] === (offline ? "offline" : "online") && lines[4] === means && MEANS.includes(lines[4]);
  must(
    rest && isHex(lines[5], 32) && lines.slice(6).every((line) => SIGNED_LINE.test(line)),
    `${where}: the device signed something else`,
  );
}

/** Check each handover against the presentation it rests on, and that reports and answers have their form. @param {string} reference @param {Event[]} events */
export async function story(reference, events) {
  /** @type {Map<unknown, Facts>} */
  const presented = new Map();
  for (const { kind, facts, position, at } of events) {
    const where = `event ${position}`;
    if (kind === "presented" && String(facts.signed).startsWith(`${RELEASES}\n`))
      presented.set(facts.presentation, facts);
    if (kind === "handed_over") {
      handover(facts, where);
      const within = events[0].at <= String(facts.at_door) && String(facts.at_door) <= at;
      must(within, `${where}: the handover's time is not between announcement and record`);
      await basis(reference, facts, presented.get(facts.presentation), where);
    }
    if (kind === "handover_conflict") must(is(NAME, facts.conflict), `${where} is not in the form of a conflict`);
    if (kind === "reported")
      must([facts.report, facts.kind, facts.by].every(isText), `${where} is not in the form of a report`);
    if (kind === "report_answered" || kind === "report_withdrawn")
      must(isText(facts.report), `${where} is not in the form of an answer`);
  }
}

/** @param {Facts} facts @param {string} where */
function handover({ presentation: id, means, by, offline, code, holder, conflict, at_door: at }, where) {
  const isTold =
    isText(id) && MEANS.includes(String(means)) && IN_HAND_BY.includes(String(by)) && typeof offline === "boolean";
  const opened = code === null || (isText(code) && isText(holder) && means !== "tap");
  const plain = conflict === undefined || conflict === null || is(NAME, conflict);
  must(isTold && opened && plain && isMoment(at), `${where} is not in the form of a handover`);
}

/** Check that the device presented what a handover rests on. @param {string} reference @param {Facts} facts @param {Facts|undefined} presented @param {string} where */
async function basis(reference, facts, presented, where) {
  const plain = facts.code === null ? "code_not_required" : "accepted";
  const outcome = typeof facts.conflict === "string" ? "conflict" : plain;
  if (!presented || presented.outcome !== outcome)
    throw new Fault(`${where}: no accepted presentation led to this handover`);
  must(
    facts.means === presented.means && facts.offline === presented.offline,
    `${where}: the handover is told otherwise than it was presented`,
  );
  must(
    facts.by === "code" || (await held(reference, String(facts.by), presented)),
    `${where}: the device did not sign that it held this parcel`,
  );
}

/** Other labels that were in hand stay behind their digests. @param {string} reference @param {string} by @param {Facts} presented */
async function held(reference, by, { label, label_salt: salt, signed }) {
  if (!isText(label) || !isHex(salt, 32)) return false;
  const digest = hex(await sha256(joined(unhex(String(salt)), utf8.encode(String(label)))));
  const plain = (/** @type {string} */ text) => text.replace(/[^A-Za-z0-9]/g, "").toUpperCase();
  return (
    String(signed).split("\n").slice(7).includes(`parcel ${digest} ${by}`) &&
    plain(String(label)).includes(plain(reference).replace(/^00(?=[0-9]{18}$)/, ""))
  );
}

/** What a proof says at its head, all of it taken from its events. @param {Event[]} events */
export function headOf(events) {
  let grade = "-";
  /** @type {Handover|null} */
  let handed = null;
  /** @type {Map<unknown, Contest>} */
  const contested = new Map();
  for (const { kind, facts, at } of events) {
    if (kind === "handed_over" && !handed) {
      grade = gradeOf(facts);
      handed = {
        at: String(facts.at_door),
        recorded: at,
        offline: facts.offline === true,
        conflict: facts.conflict ? String(facts.conflict) : null,
      };
    } else if (kind === "supervised_handover" && !handed) {
      grade = "D";
      handed = { at, recorded: at, offline: false, conflict: null };
    } else if (kind === "handover_conflict" && handed) {
      handed.conflict ??= String(facts.conflict);
    } else if (kind === "reported" && handed) {
      contested.set(facts.report, { kind: String(facts.kind), by: String(facts.by), at, answered: null });
    } else if (kind === "report_answered") {
      const answered = contested.get(facts.report);
      if (answered) answered.answered = at;
    } else if (kind === "report_withdrawn") {
      contested.delete(facts.report);
    }
  }
  const [proves, doesNot] = SENTENCES[grade];
  return { grade, proves, does_not_prove: doesNot, handover: handed, contested: [...contested.values()] };
}

/**
 * What has to be said beside the grade, by the names that the page has words for.
 * @param {Pick<Proved, "handover"|"contested">} head
 * @returns {string[]}
 */
export function remarksOf({ handover: handed, contested }) {
  const remarks = [];
  if (handed?.conflict) remarks.push(`conflict_${handed.conflict}`);
  if (handed?.offline && (!handed.conflict || handed.conflict === "handed_over_before")) remarks.push("offline");
  if (contested.length > 0)
    remarks.push(contested.some(({ answered }) => answered === null) ? "contested" : "answered");
  return remarks;
}

/** @param {Facts} facts */
function gradeOf({ code, holder, means, by }) {
  if (code === null) return "E";
  if (holder === "delegate") return "C";
  return means === "payload" && by === "label" ? "A" : "B";
}
