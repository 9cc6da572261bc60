"""What is done with parcels that were chosen in the list: each by the use case that its own page calls.

One parcel of which it cannot be done keeps nothing from the others; it is named.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qs

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.accounts.staff_log import log_action
from codes.delivering import assignments
from codes.delivering.assignments import Assigned
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.life.parcel_records import ParcelRecord, find_parcel
from codes.recipients import code_requests
from codes.recipients.code_requests import Asker, SentAgain
from codes.recipients.tickets import Ticket
from codes.store.budgets import TooOften
from codes.store.transaction import Transaction
from codes.values.symbols import label_png
from codes.values.tracking_numbers import BadReference
from web.http.access import for_roles, this_member
from web.http.links import as_data
from web.http.problems import REFUSED, Problem
from web.office.figures.downloads import parcels_as_csv
from web.office.lists import TRANSIENT, with_query
from web.office.parcels.telling import letters_page
from web.services import services

blueprint = Blueprint("chosen", __name__, url_prefix="/office/chosen")
for_dispatching = for_roles(Role.DISPATCHER, Role.SUPERVISOR)

Act = Callable[[Transaction, ParcelRecord], object]
MOST_CHOSEN = 500
NAMED = 20
"""So many parcels that were left as they were are named in an address."""
LABEL_SIZES = ("a6", "roll")


@blueprint.post("/out-for-delivery")
@for_dispatching
def out_for_delivery() -> ResponseReturnValue:
    """Record that the chosen parcels have left."""
    return _do("out", lambda t, found: mark_out_for_delivery(t, found.reference))


@blueprint.post("/send-again")
@for_dispatching
def send_again() -> ResponseReturnValue:
    """Send the same codes again to the addresses that are registered."""
    return _do("sent", _send_again)


@blueprint.post("/assign")
@for_dispatching
def assign() -> ResponseReturnValue:
    """Put the chosen parcels at the end of a tour, in the order of the list."""
    references = [each.reference for each in _chosen()]
    assigned = services().codes.write(_assign, request.form.get("device", ""), references)
    return _back("assigned", assigned.assigned, list(assigned.refused))


@blueprint.post("/labels/<size>")
@for_dispatching
def labels(size: str) -> ResponseReturnValue:
    """Show the labels of the chosen parcels, to be printed on A6 or on a roll of 62 mm. They show no sign of a code."""
    if size not in LABEL_SIZES:
        abort(404)
    drawn = [(each, as_data(label_png(each.reference, module_pixels=4, height_pixels=240))) for each in _chosen()]
    return render_template("office/parcels/label-sheets.html", here="office.parcels", labels=drawn, size=size)


@blueprint.post("/letters")
@for_dispatching
def letters() -> ResponseReturnValue:
    """Write letters in the recipients' languages, to be printed on A4, each on a sheet of its own."""
    if not services().codes.settings.print_letters:
        abort(404)
    tickets: list[Ticket] = []
    left = _each(lambda t, found: tickets.append(code_requests.print_letter(t, found.holder_id, this_member())))
    if not tickets:
        raise Problem(409, "nothing-to-print", f"no letter can be printed: {', '.join(left)}")
    return letters_page(tickets, left)


@blueprint.post("/export")
@for_dispatching
def export() -> ResponseReturnValue:
    """Give the chosen parcels as a table."""
    return parcels_as_csv(_chosen())


def _assign(t: Transaction, device: str, references: list[str]) -> Assigned:
    assigned = assignments.assign(t, device, references)
    for reference in references:
        if reference not in assigned.refused:
            _log(t, reference)
    return assigned


def _send_again(t: Transaction, found: ParcelRecord) -> None:
    if found.handed_over_at or not found.code_required:
        raise Problem(409, "nothing-to-send", "this parcel waits for no code")
    if code_requests.send_again(t, found.holder_id, Asker.STAFF) is not SentAgain.SENT:
        raise TooOften("the mail was sent a moment ago, or too often today")


def _do(done: str, act: Act) -> ResponseReturnValue:
    left = _each(act)
    return _back(done, len(_references()) - len(left), left)


def _each(act: Act) -> list[str]:
    """Do something with each chosen parcel, each noted in the log; returns those with which it cannot be done."""
    chosen = _chosen()
    known = {each.reference for each in chosen}
    left = [each for each in _references() if each not in known]
    for found in chosen:

        def do(t: Transaction, found: ParcelRecord = found) -> None:
            act(t, found)
            _log(t, found.reference)

        try:
            services().codes.write(do)
        except REFUSED:
            left.append(found.reference)
    return left


def _log(t: Transaction, reference: str) -> None:
    """Note in the log of what staff did of which parcel it was; the address names none."""
    member = this_member()
    log_action(t, member.staff_id, member.name, str(request.endpoint), reference, 200)


def _references() -> list[str]:
    return list(dict.fromkeys(request.form.getlist("reference")))[:MOST_CHOSEN]


def _chosen() -> list[ParcelRecord]:
    """Return the chosen parcels in the order of the list; what is none is left out."""
    found: list[ParcelRecord] = []
    for reference in _references():
        with suppress(BadReference):
            parcel = services().codes.read(find_parcel, reference)
            found += [parcel] if parcel else []
    return found


def _back(done: str, count: int, left: list[str]) -> ResponseReturnValue:
    """Go back to the list as it was, with what was done."""
    stood = {name: values for name, values in parse_qs(request.form.get("back", "")).items() if name not in TRANSIENT}
    said = {"done": done, "count": count, "left": left[:NAMED]}
    return redirect(with_query(url_for("office.parcels"), {**stood, **said}), 303)
