/** The page that checks a proof file: reads it here, checks it here, says first what is wrong. */

import { ask } from "../lib/api.js";
import { el, one } from "../lib/dom.js";
import { proofIn } from "./proof/attachment.js";
import { Fault } from "./proof/forms.js";
import { Unable, checkProof } from "./proof/proof.js";
import { remarksOf } from "./proof/story.js";
import { troubleOf } from "../lib/trouble.js";
import { loadWords, pageLanguage } from "../lib/words.js";

const PATIENCE_MS = 60_000;
await loadWords();

const page = one("[data-check]");
const field = /** @type {HTMLInputElement} */ (one("[data-file]"));
const result = one("[data-result]");
const unable = one("[data-unable]");
/** @type {Uint8Array<ArrayBuffer>|null} */
let chosen = null;

async function check() {
  const file = field.files?.[0];
  if (!file) return;
  chosen = new Uint8Array(await file.arrayBuffer());
  unable.hidden = result.hidden = true;
  try {
    const pem = await (await fetch("/proofs/key.pem")).text();
    tell({ holds: true, ...(await checkProof(await proofIn(chosen), pem)) });
  } catch (error) {
    if (error instanceof Unable) unable.hidden = false;
    else tell({ holds: false, fault: error instanceof Fault ? error.message : "this is no proof of delivery" });
  }
}
field.addEventListener("change", check);
// It may have been chosen while the page was still loading.
check();

one("[data-ask]").addEventListener("click", async () => {
  const reply = await ask("/api/v1/proofs/check", {
    method: "POST",
    body: chosen ?? new Uint8Array(),
    patience: PATIENCE_MS,
  });
  if (reply.kind === "answer") tell(reply.value);
  else tell({ holds: false, fault: troubleOf(reply)?.words ?? (reply.kind === "problem" ? reply.detail : "") });
});

/** @param {(import("./proof/story.js").Proved & {holds: true}) | {holds: false, fault: string}} said */
function tell(said) {
  const head = el("strong", {}, said.holds ? page.dataset.holds : page.dataset.fails);
  result.replaceChildren(head, ...(said.holds ? facts(said) : [el("span", {}, said.fault)]));
  result.dataset.holds = said.holds ? "yes" : "no";
  result.hidden = false;
}

/** @param {import("./proof/story.js").Proved} proved */
function facts({ reference, grade, handover, contested, sealed_at: sealed }) {
  const rows = [
    [page.dataset.parcel, el("bdi", {}, reference)],
    [page.dataset.grade, el("bdi", {}, grade)],
    ...(handover ? [[page.dataset.handed, moment(handover.at)]] : []),
    ...contested.flatMap(({ at, answered }) => [
      [page.dataset.contested, moment(at)],
      ...(answered ? [[page.dataset.answered, moment(answered)]] : []),
    ]),
    [page.dataset.sealed, moment(sealed)],
  ];
  const list = el("dl", {}, ...rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  const words = JSON.parse(page.dataset.remarks ?? "{}");
  const remarks = remarksOf({ handover, contested }).map((name) => words[name] ?? words.conflict);
  const sentences = JSON.parse(page.dataset.sentences ?? "{}")[grade] ?? [];
  return [
    list,
    ...remarks.map((remark) => el("p", { class: "proof-remark" }, remark)),
    ...sentences.map((/** @type {string} */ sentence) => el("p", {}, sentence)),
  ];
}

/** @param {string} at */
const moment = (at) => el("time", { datetime: at, title: at }, local(at));

/** Write a moment as the reader's clock shows it. @param {string} at */
function local(at) {
  const form = new Intl.DateTimeFormat(`${pageLanguage()}-u-nu-latn`, { dateStyle: "long", timeStyle: "medium" });
  return form.format(new Date(at));
}
