"""How deliveries went by week: everywhere, at a depot, of a sender; as charts with a table, on screen and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from babel.dates import format_skeleton
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from codes.office.weekly import FEWEST_DEVICES, Week, by_week
from web.http.access import for_staff
from web.i18n import N_, current_language, text
from web.office.figures.charts import Chart, bar_chart
from web.office.figures.overview import REASON_WORDS, WHY_WORDS
from web.services import services

blueprint = Blueprint("reports", __name__, url_prefix="/office")

WEEKS_SHOWN = 8


@blueprint.get("/reports")
@for_staff
def reports() -> ResponseReturnValue:
    """Show how deliveries went, by week."""
    codes = services().codes
    last = codes.today()
    weeks = codes.read(by_week, last - timedelta(weeks=WEEKS_SHOWN - 1), last)
    parts = {_part(week): week.depot or week.sender for week in weeks}
    asked = request.args.get("part", "")
    part = asked if asked in parts else ""
    shown = [week for week in weeks if _part(week) == part]
    return render_template(
        "office/figures/reports.html",
        here="reports.reports",
        part=part,
        part_name=parts[part],
        depots=[(each, name) for each, name in parts.items() if each.startswith("depot:")],
        senders=[(each, name) for each, name in parts.items() if each.startswith("sender:")],
        weeks=[week for week in shown if week.handed_over or any(week.ended.values())],
        charts=_charts(shown[::-1]),
        reasons=[(reason, text(current_language().code, word)) for reason, word in REASON_WORDS.items()],
        why={key: text(current_language().code, word) for key, word in WHY_WORDS.items()},
        fewest=FEWEST_DEVICES,
    )


def _part(week: Week) -> str:
    """Return how an address names of what a week is told."""
    if week.depot:
        return f"depot:{week.depot}"
    return f"sender:{week.sender}" if week.sender else ""


def _charts(weeks: Sequence[Week]) -> list[Chart]:
    language = current_language().code
    labels = [format_skeleton("MMMd", week.monday, locale=language) for week in weeks]
    ended = (text(language, N_("Handed over")), text(language, N_("Not handed over")))
    deliveries = [(week.handed_over, sum(week.ended.values())) for week in weeks]
    first = [(_percent(week.first_attempt_share),) for week in weeks]
    without = [(_percent(week.no_code_share),) for week in weeks]
    seconds = [(None if week.median_seconds is None else round(week.median_seconds),) for week in weeks]
    return [
        bar_chart(text(language, N_("Deliveries")), labels, deliveries, names=ended),
        bar_chart(text(language, N_("At the first attempt")), labels, first, top=100, unit=" %"),
        bar_chart(text(language, N_("Without code")), labels, without, top=100, unit=" %"),
        bar_chart(text(language, N_("Seconds at the door")), labels, seconds),
    ]


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
