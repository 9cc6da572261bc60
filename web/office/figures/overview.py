"""The office's first page: today at a glance, and the last days as plots."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.devices import list_devices
from codes.accounts.heartbeats import Heartbeat, heartbeats_of
from codes.integrations.webhooks import listed_webhooks
from codes.life.parcel_records import list_parcels
from codes.model import AttemptReason, DeviceKind
from codes.office.counts import watch_wrong_digits
from codes.office.parcel_list import Matter, count_matters
from codes.office.statistics import Day, by_day
from codes.sealing.publications import publishing_stopped
from web.http.access import for_staff, may
from web.i18n import N_, current_language, text
from web.office.parcels.filters import MATTER_WORDS
from web.services import services

blueprint = Blueprint("overview", __name__, url_prefix="/office")

DAYS_PLOTTED = 14
COUNT_WORDS = {
    "announced": N_("Announced"),
    "codes_opened": N_("Codes viewed"),
    "handed_over": N_("Handed over"),
    "at_first_attempt": N_("At the first attempt"),
    "no_code": N_("No code"),
    "nobody_home": N_("Nobody home"),
    "refused": N_("Refused codes"),
    "offline": N_("Without network"),
    "supervised": N_("Supervised"),
    "contested": N_("Contested"),
    "bounced": N_("Emails not delivered"),
}
REASON_WORDS = {
    AttemptReason.NO_CODE: N_("No code"),
    AttemptReason.NOBODY_HOME: N_("Nobody home"),
    AttemptReason.REFUSED: N_("Refused"),
    AttemptReason.WRONG_ADDRESS: N_("Wrong address"),
}
WHY_WORDS = {
    "unopened": N_("Email not opened"),
    "bounced": N_("Email not delivered"),
    "no_address": N_("No address"),
    "opened": N_("Code viewed"),
}
DECIDE_WORDS = {
    Matter.REPORTED: N_("Answer the recipient"),
    Matter.VISIT_FAILED: N_("Choose another day or a pickup point"),
    Matter.LOCKED: N_("Send a new code"),
    Matter.BLOCKED: N_("Unblock it or take it back"),
    Matter.MAIL_FAILED: N_("Correct the address and send again"),
    Matter.ADDRESS: N_("Correct the address"),
    Matter.CONFLICT: N_("Ask the driver and the recipient"),
}
EXAMPLE_DOMAINS = frozenset({"example.org", "example.com", "example.net"})
TROUBLE = frozenset({"no_code", "refused", "contested", "bounced"})


@blueprint.get("/today")
@for_staff
def today() -> ResponseReturnValue:
    """Show what happened today and on the days before."""
    codes = services().codes
    last = codes.today()
    days = codes.read(by_day, last - timedelta(days=DAYS_PLOTTED - 1), last)
    kiosks = [
        device for device in codes.read(list_devices) if device.kind is DeviceKind.KIOSK and not device.revoked_at
    ]
    heartbeats = codes.read(heartbeats_of, [kiosk.device_id for kiosk in kiosks])
    now = codes.clock()
    alive = [
        each for each in heartbeats.values() if each.seen_at and not each.is_silent(now) and not each.out_of_order_at
    ]
    words = {name: text(current_language().code, word) for name, word in COUNT_WORDS.items()}
    return render_template(
        "office/figures/today.html",
        here="overview.today",
        plots=[plot(name, words[name], days) for name in COUNT_WORDS],
        kiosks=len(kiosks),
        alive=len(alive),
        waiting=sum(each.waiting for each in heartbeats.values()),
        to_decide=_to_decide(heartbeats.values()),
        steps=_first_steps(),
        alarm=codes.read(watch_wrong_digits),
        publishing_stopped=codes.read(publishing_stopped),
        given_up=[each for each in codes.read(listed_webhooks) if each.given_up_at] if may("webhooks.webhook") else [],
        first=days[0].day,
        last=last,
    )


@dataclass(frozen=True, slots=True)
class ToDecide:
    """How many wait for somebody's decision, where they stand, what it is, and what is to be done."""

    count: int
    address: str
    words: str
    action: str


def _to_decide(kiosks: Collection[Heartbeat]) -> list[ToDecide]:
    language, now = current_language().code, services().codes.clock()
    found = [
        ToDecide(count, url_for("office.parcels", show=matter), MATTER_WORDS[matter], DECIDE_WORDS[matter])
        for matter, count in services().codes.read(count_matters).items()
    ]
    if may("devices.listed"):
        silent, devices = [each for each in kiosks if each.is_silent(now)], url_for("devices.listed")
        waiting = sum(each.waiting for each in silent)
        found.append(
            ToDecide(len(silent), devices, N_("Silent kiosks"), N_("Check whether they have power and network"))
        )
        found.append(ToDecide(waiting, devices, N_("Waiting in kiosks"), N_("Bring the kiosk back to the network")))
    said = (replace(each, words=text(language, each.words), action=text(language, each.action)) for each in found)
    return [each for each in said if each.count]


def _first_steps() -> list[tuple[str, bool, str]]:
    """Return what a new house sets up, whether it is done, and where; nothing once parcels and devices are there."""
    codes, mail, language = services().codes, services().mail, current_language().code
    device, parcel = bool(codes.read(list_devices, limit=1)), bool(codes.read(list_parcels, limit=1))
    if device and parcel:
        return []
    sends = mail.smtp is not None or mail.gateway is not None
    named, fixed = mail.domain not in EXAMPLE_DOMAINS, codes.house.time_zone is not None
    return [
        (text(language, N_("Mail server: mail.smtp in config.yaml")), sends, ""),
        (text(language, N_("Sender of the emails: mail.sender_address in config.yaml")), named, ""),
        (text(language, N_("First device")), device, url_for("devices.listed") if may("devices.listed") else ""),
        (text(language, N_("First parcel")), parcel, url_for("new_parcel.form") if may("new_parcel.form") else ""),
        (text(language, N_("Backup each night: app.py backup")), False, ""),
        (f"{text(language, N_('Time zone: house.time_zone in config.yaml'))} ({codes.house.zone})", fixed, ""),
    ]


def plot(name: str, word: str, days: Sequence[Day]) -> dict[str, object]:
    """Return what one small plot shows: a number for each day, and their height in a hundred parts of the highest."""
    numbers = [getattr(day, name) for day in days]
    highest = max(numbers, default=0)
    bars = [{"number": number, "height": round(100 * number / highest) if highest else 0} for number in numbers]
    return {"name": name, "word": word, "bars": bars, "today": numbers[-1], "trouble": name in TROUBLE}
