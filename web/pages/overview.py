"""The office's first page: today at a glance, the last days as plots; and how deliveries went by week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from codes.model import AttemptReason, DeviceKind
from codes.office.statistics import Day, by_day
from codes.office.weekly import FEWEST_DEVICES, by_week
from web.access import for_staff, may
from web.i18n import N_, current_language, text
from web.parts import parts

blueprint = Blueprint("overview", __name__, url_prefix="/office")

DAYS_PLOTTED = 14
WEEKS_SHOWN = 8
COUNT_WORDS = {
    "announced": N_("Announced"),
    "codes_opened": N_("Codes opened"),
    "handed_over": N_("Handed over"),
    "at_first_attempt": N_("At the first attempt"),
    "no_code": N_("No code"),
    "nobody_home": N_("Nobody home"),
    "refused": N_("Refused codes"),
    "offline": N_("Without network"),
    "supervised": N_("Supervised"),
    "contested": N_("Contested"),
    "bounced": N_("Mails not delivered"),
}
REASON_WORDS = {
    AttemptReason.NO_CODE: N_("No code"),
    AttemptReason.NOBODY_HOME: N_("Nobody home"),
    AttemptReason.REFUSED: N_("Refused"),
    AttemptReason.WRONG_ADDRESS: N_("Wrong address"),
}
WHY_WORDS = {
    "unopened": N_("Mail not opened"),
    "bounced": N_("Mail not delivered"),
    "no_address": N_("No address"),
    "opened": N_("Code was opened"),
}
TROUBLE = frozenset({"no_code", "refused", "contested", "bounced"})


@blueprint.get("/today")
@for_staff
def today() -> ResponseReturnValue:
    """Show what happened today and on the days before."""
    codes = parts().codes
    last = codes.clock().astimezone(UTC).date()
    days = by_day(codes.database, last - timedelta(days=DAYS_PLOTTED - 1), last)
    kiosks = [device for device in codes.devices.listed() if device.kind is DeviceKind.KIOSK and not device.revoked_at]
    signs = codes.signs.of([kiosk.device_id for kiosk in kiosks])
    now = codes.clock()
    alive = [sign for sign in signs.values() if sign.seen_at and not sign.is_silent(now) and not sign.out_of_order_at]
    words = {name: text(current_language().code, word) for name, word in COUNT_WORDS.items()}
    return render_template(
        "office/today.html",
        here="overview.today",
        plots=[plot(name, words[name], days) for name in COUNT_WORDS],
        kiosks=len(kiosks),
        alive=len(alive),
        waiting=sum(sign.waiting for sign in signs.values()),
        alarm=codes.alarm(),
        given_up=[each for each in codes.webhooks.listed() if each.given_up_at] if may("webhooks.webhook") else [],
        first=days[0].day,
        last=last,
    )


def plot(name: str, word: str, days: Sequence[Day]) -> dict[str, object]:
    """Return what one small plot shows: a number for each day, and their height in a hundred parts of the highest."""
    numbers = [getattr(day, name) for day in days]
    highest = max(numbers, default=0)
    bars = [{"number": number, "height": round(100 * number / highest) if highest else 0} for number in numbers]
    return {"name": name, "word": word, "bars": bars, "today": numbers[-1], "trouble": name in TROUBLE}


@blueprint.get("/reports")
@for_staff
def reports() -> ResponseReturnValue:
    """Show how deliveries went, by week and depot."""
    codes = parts().codes
    last = codes.clock().astimezone(UTC).date()
    weeks = by_week(codes.database, last - timedelta(weeks=WEEKS_SHOWN - 1), last, codes.depots.all())
    weeks = [week for week in weeks if week.handed_over or any(week.ended.values())]
    return render_template(
        "office/reports.html",
        here="overview.reports",
        weeks=weeks,
        reasons=[(reason, text(current_language().code, word)) for reason, word in REASON_WORDS.items()],
        why={key: text(current_language().code, word) for key, word in WHY_WORDS.items()},
        fewest=FEWEST_DEVICES,
    )
