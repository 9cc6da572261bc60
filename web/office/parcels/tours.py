"""Which driver's device carries which parcels: chosen in the office, or read from a CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.delivering import assignments
from codes.delivering.assignments import AssignmentFault, DeviceTour, TourTooLong, WantedRow, device_tours, follow_rows
from codes.delivering.delivery_day import MISSED
from codes.delivering.tours import tour_of
from codes.life.parcel_records import ParcelRecord
from codes.office.parcel_list import Filters, list_page
from web.http.access import for_roles
from web.http.bodies import BodyKind, takes
from web.i18n import N_, current_language, text
from web.i18n.outcome_words import ATTEMPT_WORDS
from web.importing.csv_reading import Table, names_of, read_table
from web.importing.faults import BadFile
from web.importing.headings import KNOWN_AS, guess_mapping
from web.services import services

blueprint = Blueprint("dispatching", __name__, url_prefix="/office/tours")
for_dispatching = for_roles(Role.DISPATCHER, Role.SUPERVISOR)

MOST_FOUND = 50
MOST_SIGNS = 60
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "reference": KNOWN_AS["reference"],
    "device": ("driver", "tour", "van", "vehicle", "gerät", "fahrer", "fahrzeug", "livreur", "appareil"),
    "order": ("stop", "position", "sequence", "reihenfolge", "stopp", "ordre"),
}
"""What a file says of each parcel, and how else its headings may call that."""
NEEDED = ("reference", "device")
FAULT_WORDS = {
    AssignmentFault.BAD_REFERENCE: N_("not a tracking number"),
    AssignmentFault.TWICE: N_("appears twice in the file"),
    AssignmentFault.UNKNOWN_PARCEL: N_("no such parcel"),
    AssignmentFault.HANDED_OVER: N_("already handed over"),
    AssignmentFault.ENDED: N_("cancelled or went back"),
    AssignmentFault.UNKNOWN_DEVICE: N_("no driver's device with this name"),
    AssignmentFault.SEVERAL_DEVICES: N_("several devices with this name"),
}

TOO_LONG = N_("This tour is full")


@blueprint.get("")
@for_dispatching
def listed() -> ResponseReturnValue:
    """List the drivers' devices with their tours."""
    return _list()


@blueprint.post("")
@for_dispatching
@takes(BodyKind.FILE)
def from_file() -> ResponseReturnValue:
    """Read a CSV file; it is followed as a whole or, with any fault or on a dry run, not at all."""
    with closing(request.files.get("file") or BytesIO()) as sent:
        content = sent.read()
    try:
        rows = _rows(read_table(content))
    except BadFile as error:
        return _list(bad_file=error.said(current_language().code)), 422
    dry = "dry" in request.form
    try:
        checked = services().codes.write(follow_rows, rows, replace="replace" in request.form, dry=dry)
    except TourTooLong:
        return _list(bad_file=text(current_language().code, TOO_LONG)), 422
    faults = [(line, text(current_language().code, FAULT_WORDS[fault])) for line, fault in checked.faults]
    counts = {device_id: len(references) for device_id, references in checked.tours.items()}
    return _list(faults=faults, dry=dry, counts=counts), 422 if faults else 200


@blueprint.get("/<uuid:device_id>")
@for_dispatching
def tour(device_id: UUID) -> ResponseReturnValue:
    """Show one device's tour, and parcels that can be put on it."""
    device = _device(device_id)
    carried = services().codes.read(tour_of, device_id).parcels
    search = request.args.get("search", "").strip()
    return render_template(
        "office/parcels/tour.html",
        here="dispatching.listed",
        device=device,
        carried=carried,
        search=search,
        missed={each.reference for each in carried if each.awaited in MISSED},
        reasons={reason: text(current_language().code, word) for reason, word in ATTEMPT_WORDS.items()},
        found=_assignable(search, {each.reference for each in carried}) if search else [],
        refused=request.args.getlist("refused")[:MOST_FOUND],
        taken_off=request.args.get("off", "")[:MOST_SIGNS],
    )


@blueprint.post("/<uuid:device_id>")
@for_dispatching
def assign(device_id: UUID) -> ResponseReturnValue:
    """Put the chosen parcels, and those whose numbers were pasted or scanned, at the end of the tour."""
    _device(device_id)
    pasted = re.split(r"[\s,;]+", request.form.get("references", ""))
    wanted = [each for each in [*request.form.getlist("reference"), *pasted] if each]
    assigned = services().codes.write(assignments.assign, str(device_id), wanted)
    return redirect(url_for("dispatching.tour", device_id=device_id, refused=list(assigned.refused)[:MOST_FOUND]), 303)


@blueprint.post("/<uuid:device_id>/off/<path:reference>")
@for_dispatching
def take_off(device_id: UUID, reference: str) -> ResponseReturnValue:
    """Take a parcel off the tour."""
    services().codes.write(assignments.take_off, _device(device_id).device_id, reference)
    return redirect(url_for("dispatching.tour", device_id=device_id, off=reference), 303)


def _list(
    *,
    bad_file: str | None = None,
    faults: Iterable[tuple[int, str]] = (),
    dry: bool = False,
    counts: dict[UUID, int] | None = None,
) -> str:
    return render_template(
        "office/parcels/tours.html",
        here="dispatching.listed",
        tours=_tours(),
        bad_file=bad_file,
        faults=list(faults),
        dry=dry,
        counts=counts,
    )


def _tours() -> list[DeviceTour]:
    codes = services().codes
    return codes.read(device_tours)


def _device(device_id: UUID) -> DeviceTour:
    return next((each for each in _tours() if each.device_id == device_id), None) or abort(404)


def _assignable(search: str, carried: set[str]) -> list[ParcelRecord]:
    found = services().codes.read(list_page, Filters(search=search), limit=MOST_FOUND)
    return [each for each in found if each.handed_over_at is None and each.reference not in carried]


def _rows(table: Table) -> list[WantedRow]:
    """Read a file's rows by its headings. Raises BadFile."""
    names = names_of(table.headings)
    places = {column: names[heading.lower()] for column, heading in guess_mapping(table.headings, COLUMNS).items()}
    if missing := [name for name in NEEDED if name not in places]:
        raise BadFile(N_("The column %(column)s is missing."), column=missing[0])
    rows = []
    for row in table.rows:
        cells = {name: row.cells[places[name]].strip() for name in COLUMNS if places.get(name, 999) < len(row.cells)}
        order = cells.get("order", "")
        if order and not (order.isascii() and order.isdecimal() and len(order) < 7):
            raise BadFile(N_("Line %(line)s: the order must be a whole number."), line=row.line)
        place = int(order) if order else None
        rows.append(WantedRow(row.line, cells.get("reference", ""), cells.get("device", ""), place))
    return rows
