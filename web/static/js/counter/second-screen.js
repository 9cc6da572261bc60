/** What the recipient's screen is told by the counter's, in the same browser: no name, no number of a parcel. */

const CHANNEL = "doorcode-second-screen";

// What of a parcel is the recipient's business, too, although no code was shown yet.
const TOLD = new Set(["not_here", "already_handed_over"]);

/**
 * @typedef {{outcome: string, place: string|null}} Remark
 * @typedef {{state: "idle"|"remark"|"asking"|"listing"|"verdict", language: string|null, done: number, all: number,
 *   wrong?: boolean, elsewhere?: number, remark?: Remark|null,
 *   verdict: import("../lib/handing/presentation.js").Verdict | null}} Shown
 *   remark: what stands against handing over a parcel whose label was read
 */

/** @returns {(shown: Shown) => void} tell the second screen, also when it asks later */
export function tellSecondScreen() {
  const channel = new BroadcastChannel(CHANNEL);
  /** @type {Shown | null} */
  let last = null;
  channel.addEventListener("message", ({ data }) => data === "what" && last && channel.postMessage(last));
  return (shown) => channel.postMessage((last = shown));
}

/** @param {(shown: Shown) => void} show */
export function followCounter(show) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", ({ data }) => data === "what" || show(data));
  channel.postMessage("what");
}

/**
 * Say of a handing what the recipient may see; practice is none of their business.
 * @param {import("./collecting.js").Collecting} handing
 * @param {boolean} [practised]
 * @returns {Shown}
 */
export function shownOf(handing, practised = false) {
  if (practised) return { state: "idle", language: null, done: 0, all: 0, verdict: null };
  const { collection, verdict } = handing;
  const language = verdict?.recipient_language ?? collection?.recipient_language ?? null;
  const done = (collection?.handed_over ?? 0) + handing.fetched.length;
  const all = Math.max(collection?.of ?? 0, collection?.parcels.length ?? 0);
  const latest = handing.parcels.at(-1);
  const remark =
    latest?.outcome && TOLD.has(latest.outcome) ? { outcome: latest.outcome, place: latest.place ?? null } : null;
  const idle = remark ? "remark" : "idle";
  const state = verdict ? "verdict" : handing.asking ? "asking" : collection ? "listing" : idle;
  const elsewhere = collection?.parcels.filter((parcel) => parcel.elsewhere).length ?? 0;
  const wrong = Boolean(handing.wrong);
  return { state, language, done, all, wrong, elsewhere, remark, verdict: verdict && plain(verdict) };
}

/** @param {import("../lib/handing/presentation.js").Verdict} verdict */
function plain({ outcome, match_number, recipient_language, details, handed_over, of }) {
  return { outcome, match_number, recipient_language, details, handed_over, of };
}
