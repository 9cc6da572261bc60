"""One parcel typed in by hand: read by the rules of files, announced by the house, its label ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from codes.accounts.staff import Role
from codes.life.announcing import Announced
from codes.model import Destination
from codes.values.tracking_numbers import BadReference
from web.http.access import for_roles
from web.i18n import N_, current_language, offered, text
from web.importing.headings import COLUMN_WORDS, COLUMNS
from web.importing.parcel_files import parcel_from_cells
from web.office.refusals import Refused, refused_by, refused_for
from web.services import services

blueprint = Blueprint("new_parcel", __name__, url_prefix="/office/new")

DESTINATION_WORDS: Mapping[Destination, str] = {
    Destination.ADDRESS: N_("Address"),
    Destination.PICKUP_POINT: N_("Pickup point"),
    Destination.LOCKER: N_("Parcel locker"),
    Destination.PO_BOX: N_("PO box"),
}


@blueprint.get("")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def form() -> ResponseReturnValue:
    """Show the form."""
    return _form({"language": current_language().code, "currency": "EUR"})


@blueprint.post("")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def announce() -> ResponseReturnValue:
    """Announce the parcel; what cannot stand so is named, and what was typed stays."""
    cells = {name: request.form.get(name, "").strip() for name in COLUMNS}
    language = current_language().code
    try:
        (announced,) = services().codes.announce([parcel_from_cells(cells, services().codes.house.country)])
    except ValidationError as error:
        return _form(cells, refused_by(error, _words())), 422
    except BadReference:
        return _form(cells, refused_for(["reference"], _words())), 422
    if announced.result is not Announced.CREATED:
        taken = text(language, "There is already a parcel with this number.")
        return _form(cells, Refused(taken, ("reference",)), stands=announced.reference), 409
    return redirect(url_for("office.parcel", reference=announced.reference, done="announced"), 303)


def _words() -> dict[str, str]:
    return {**COLUMN_WORDS, "name": "Name"}


def _form(cells: Mapping[str, str], refused: Refused | None = None, *, stands: str = "") -> str:
    language = current_language().code
    return render_template(
        "office/parcels/new-parcel.html",
        here="office.parcels",
        cells=cells,
        words={name: text(language, word) for name, word in _words().items()},
        refused=refused,
        stands=stands,
        destinations=[(each, text(language, word)) for each, word in DESTINATION_WORDS.items()],
        mail_languages=[(each.code, each.native_name) for each in offered()],
    )
