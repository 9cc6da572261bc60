"""What the office can take away as CSV: parcels, the counts of days, the figures of weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.life.parcel_records import ParcelRecord
from codes.office.parcel_list import list_page
from codes.office.statistics import COUNTS, by_day
from codes.office.weekly import Week, by_week
from web.http.access import for_roles, for_staff
from web.http.moments import read_day
from web.http.problems import Problem
from web.office.figures.overview import REASON_WORDS, WHY_WORDS
from web.office.figures.spreadsheets import spreadsheet
from web.office.parcels.filters import asked_filters
from web.services import services

blueprint = Blueprint("downloads", __name__, url_prefix="/office")

MOST_DAYS = 366
MOST_PARCELS = 100_000


@blueprint.get("/reports.csv")
@for_staff
def reports_csv() -> ResponseReturnValue:
    """Give the same figures for a year."""
    codes = services().codes
    last = codes.today()
    weeks = codes.read(by_week, last - timedelta(weeks=52), last)
    columns = [
        "week",
        "depot",
        "handed_over",
        "first_attempt_share",
        "no_code_share",
        *REASON_WORDS,
        *WHY_WORDS,
        "seconds",
    ]
    return spreadsheet("reports.csv", columns, (_row(week) for week in weeks if not week.sender))


def _row(week: Week) -> list[object]:
    shares = [None if share is None else round(share, 4) for share in (week.first_attempt_share, week.no_code_share)]
    counts = [*(week.ended[reason] for reason in REASON_WORDS), *(week.why_no_code[why] for why in WHY_WORDS)]
    return [week.monday, week.depot or "*", week.handed_over, *shares, *counts, week.median_seconds]


@blueprint.get("/days.csv")
@for_staff
def days_csv() -> ResponseReturnValue:
    """Give the counts of each day; `first` and `last` are days, both included."""
    try:
        today = services().codes.today()
        last = read_day(request.args.get("last") or today.isoformat())
        first = read_day(request.args.get("first") or (last - timedelta(days=90)).isoformat())
    except ValueError:
        abort(400)
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        abort(400)
    days = services().codes.read(by_day, first, last)
    return spreadsheet("days.csv", ["day", *COUNTS], (asdict(day).values() for day in days))


@blueprint.get("/parcels.csv")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def parcels_csv() -> ResponseReturnValue:
    """Give the parcels that the list shows with the same filters, without names and addresses; all of them or none."""
    found = services().codes.read(list_page, asked_filters(), limit=MOST_PARCELS + 1)
    if len(found) > MOST_PARCELS:
        raise Problem(409, "list-too-long", f"the list holds more than {MOST_PARCELS} parcels")
    return parcels_as_csv(found)


def parcels_as_csv(found: Sequence[ParcelRecord]) -> Response:
    """Return parcels as a table, without names and addresses."""
    columns = [
        "reference",
        "sender",
        "announced_at",
        "code_required",
        "reason",
        "out_for_delivery_at",
        "handed_over_at",
    ]
    return spreadsheet("parcels.csv", columns, ([getattr(parcel, column) for column in columns] for parcel in found))
