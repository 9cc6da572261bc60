/** What stands above the driver's page for as long as it is so: no network, no answer, a device that is blocked. */

import { depotLink } from "../lib/depot.js";
import { el, icon, one } from "../lib/dom.js";
import { isBlocked, isReachable, isSilent, onStanding, onReach } from "../lib/service/network.js";
import { t } from "../lib/words.js";

/** Show the banners and keep them right. */
export function showBanners() {
  const offline = el(
    "p",
    { class: "banner", role: "status", "data-banner": "offline", hidden: true },
    icon("no-connection"),
    el("span", {}, t("No network")),
  );
  const silent = el(
    "p",
    { class: "banner", role: "status", "data-banner": "silent", hidden: true },
    icon("try-again"),
    el("span", {}, t("The service does not answer")),
  );
  const blocked = el(
    "p",
    { class: "banner banner-red", role: "status", "data-banner": "blocked", hidden: true },
    icon("locked"),
    el("span", {}, el("strong", {}, t("Device blocked")), " ", depotLink() ?? t("Call the depot")),
  );
  one("[data-banners]").prepend(blocked, offline, silent);
  const draw = () => {
    offline.hidden = isReachable() || isSilent();
    silent.hidden = !isSilent();
    blocked.hidden = !isBlocked();
  };
  onReach(draw);
  onStanding(draw);
  draw();
}
