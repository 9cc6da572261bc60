/** The page that checks a proof: a file, its PDF, or the symbol on its paper. Checks it here, says first what is wrong. */

import { ask } from "../lib/service/api.js";
import { one } from "../lib/dom.js";
import { LARGEST_SHEET, proofIn } from "./proof/attachment.js";
import { Fault, Unable, Unchecked } from "./proof/forms.js";
import { nameInAddress, nameInPhoto, proofNamed, unreachable } from "./proof/paper.js";
import { checkProof } from "./proof/proof.js";
import { isDoubted, verdictOn } from "./proof/telling.js";
import { troubleOf } from "../lib/service/trouble.js";
import { loadWords, t } from "../lib/words.js";

const PATIENCE_MS = 60_000;
await loadWords();

const page = one("[data-check]");
const field = /** @type {HTMLInputElement} */ (one("[data-file]"));
const drop = one("[data-drop]");
const result = one("[data-result]");
const unable = one("[data-unable]");
/** @type {Uint8Array<ArrayBuffer>|null} */
let chosen = null;
/** Of two files one after the other, only the last one's verdict counts. */
let turn = 0;

/** @param {() => Promise<Uint8Array<ArrayBuffer>>} read */
async function check(read) {
  const mine = ++turn;
  chosen = null;
  unable.hidden = result.hidden = true;
  one("[data-busy]").hidden = false;
  const said = await judged(read).catch((error) => error);
  if (mine !== turn) return;
  one("[data-busy]").hidden = true;
  if (said instanceof Unable) unable.hidden = false;
  else if (said instanceof Fault) tell({ holds: false, fault: said.message });
  // A proof is called false only for what stands in it: not because of a network, a file or a picture.
  else if (said instanceof Error) tell({ holds: null, fault: said instanceof Unchecked ? said.message : "" });
  else tell({ holds: true, ...said });
}

/** @param {() => Promise<Uint8Array<ArrayBuffer>>} read */
async function judged(read) {
  chosen = await read();
  const answer = await fetch("/proofs/key.pem").catch(() => null);
  if (!answer?.ok) throw unreachable();
  return checkProof(await proofIn(chosen), await answer.text());
}

/** @param {File|undefined} file */
function checkFile(file) {
  if (!file) return;
  check(async () => {
    if (file.type.startsWith("image/")) return proofNamed(await nameInPhoto(file));
    // Of a film that was chosen by mistake nothing is read.
    if (file.size > LARGEST_SHEET) throw new Fault("the file is too large to be a proof");
    const content = await file.arrayBuffer().catch(() => null);
    if (!content) throw new Unchecked(t("This file cannot be read."));
    return new Uint8Array(content);
  });
}

function checkAddress() {
  const name = nameInAddress(location.href);
  if (name) check(() => proofNamed(name));
}

/** @param {Parameters<typeof verdictOn>[1]} said */
function tell(said) {
  result.replaceChildren(...verdictOn(page, said, chosen));
  result.dataset.holds = said.holds ? (isDoubted(said) ? "doubted" : "yes") : said.holds === null ? "unchecked" : "no";
  result.hidden = false;
}

field.addEventListener("change", () => checkFile(field.files?.[0]));
addEventListener("hashchange", checkAddress);
addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.dataset.over = "";
});
addEventListener("dragleave", () => delete drop.dataset.over);
addEventListener("drop", (event) => {
  event.preventDefault();
  delete drop.dataset.over;
  checkFile(event.dataTransfer?.files[0]);
});

one("[data-ask]").addEventListener("click", async () => {
  const reply = await ask("/api/v1/proofs/check", {
    method: "POST",
    body: chosen ?? new Uint8Array(),
    patience: PATIENCE_MS,
  });
  if (reply.kind === "answer") tell(reply.value);
  else tell({ holds: null, fault: troubleOf(reply)?.words ?? (reply.kind === "problem" ? reply.detail : "") });
});

// A file may have been chosen while the page was still loading.
if (field.files?.length) checkFile(field.files[0]);
else checkAddress();
