/** The slip of a handover: on the pickup point's receipt printer, or else by the browser. No name stands on it. */

import { ask } from "../lib/service/api.js";
import { el, one } from "../lib/dom.js";
import { clock, t } from "../lib/words.js";

/** @param {import("../lib/handing/presentation.js").Verdict} verdict */
export async function printSlip(verdict) {
  const reply = await ask("/api/v1/slips", { method: "POST", json: { presentation_id: verdict.presentation_id } });
  if (reply.kind === "answer") return;
  document.querySelector(".slip")?.remove();
  document.body.append(slip(verdict));
  print();
}

/** @param {import("../lib/handing/presentation.js").Verdict} verdict */
function slip(verdict) {
  const given = (verdict.parcels ?? []).filter(({ outcome }) => outcome === "accepted");
  const all = verdict.of ?? given.length;
  return el(
    "section",
    { class: "slip" },
    el("strong", {}, t("Handed over")),
    el("span", { class: "slip-number", dir: "ltr" }, verdict.match_number),
    el("span", {}, clock(new Date().toISOString(), { always: true })),
    el("span", {}, one(".bar-name").textContent),
    ...given.map(({ reference }) => el("bdi", { dir: "ltr" }, reference)),
    given.length < all ? el("span", {}, t("%(done)s of %(all)s handed over", { done: given.length, all })) : null,
    el("small", {}, t("Both screens show this number")),
  );
}
