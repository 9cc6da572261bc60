/** The page that checks a proof file: reads it here, checks it here, says first what is wrong. */

import { el, one } from "./lib/dom.js";
import { Fault, Unable, checkProof } from "./lib/proof.js";
import { pageLanguage } from "./lib/words.js";

const page = one("[data-check]");
const result = one("[data-result]");
const unable = one("[data-unable]");
/** @type {Uint8Array|null} */
let chosen = null;

one("[data-file]").addEventListener("change", async (event) => {
  const file = event.target.files?.[0];
  if (!file) return;
  chosen = new Uint8Array(await file.arrayBuffer());
  unable.hidden = result.hidden = true;
  if (String.fromCharCode(...chosen.slice(0, 5)) === "%PDF-") {
    tell({ holds: false, fault: page.dataset.paper });
    return;
  }
  try {
    const pem = await (await fetch("/proofs/key.pem")).text();
    tell({ holds: true, ...(await checkProof(chosen, pem)) });
  } catch (error) {
    if (error instanceof Unable) unable.hidden = false;
    else tell({ holds: false, fault: error instanceof Fault ? error.message : "this is no proof of delivery" });
  }
});

one("[data-ask]").addEventListener("click", async () => {
  const reply = await fetch("/api/v1/proofs/check", { method: "POST", body: chosen });
  if (reply.ok) tell(await reply.json());
});

/** @param {{holds: boolean, fault?: string, reference?: string, grade?: string, sealed_at?: string}} said */
function tell(said) {
  const head = el("strong", {}, said.holds ? page.dataset.holds : page.dataset.fails);
  result.replaceChildren(head, ...(said.holds ? facts(said) : [el("span", {}, said.fault)]));
  result.dataset.holds = said.holds ? "yes" : "no";
  result.hidden = false;
}

/** @param {{reference?: string, grade?: string, sealed_at?: string}} said */
function facts({ reference, grade = "-", sealed_at: sealed = "" }) {
  const rows = [
    [page.dataset.parcel, el("bdi", {}, reference)],
    [page.dataset.grade, el("bdi", {}, grade)],
    [page.dataset.sealed, el("time", { datetime: sealed, title: sealed }, local(sealed))],
  ];
  const list = el("dl", {}, ...rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  const sentences = JSON.parse(page.dataset.sentences ?? "{}")[grade] ?? [];
  return [list, ...sentences.map((/** @type {string} */ sentence) => el("p", {}, sentence))];
}

/** Write a moment as the reader's clock shows it. @param {string} moment */
function local(moment) {
  const form = new Intl.DateTimeFormat(`${pageLanguage()}-u-nu-latn`, { dateStyle: "long", timeStyle: "medium" });
  return form.format(new Date(moment));
}
