/** The page that checks a proof file: reads it here, checks it here, says first what is wrong. */

import { one } from "./lib/dom.js";
import { Fault, Unable, checkProof } from "./lib/proof.js";

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

/** @param {{holds: boolean, fault?: string, reference?: string, grade?: string, sealed_at?: string, proves?: string, does_not_prove?: string}} said */
function tell(said) {
  const lines = said.holds
    ? [`${page.dataset.parcel}: ${said.reference}`, `${page.dataset.grade}: ${said.grade}`, `${page.dataset.sealed}: ${said.sealed_at}`, said.proves, said.does_not_prove]
    : [said.fault];
  const head = document.createElement("strong");
  head.textContent = (said.holds ? page.dataset.holds : page.dataset.fails) ?? "";
  const rest = lines.filter(Boolean).map((text) => Object.assign(document.createElement("span"), { textContent: text }));
  result.replaceChildren(head, ...rest);
  result.dataset.holds = said.holds ? "yes" : "no";
  result.hidden = false;
}
