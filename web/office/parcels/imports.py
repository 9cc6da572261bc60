"""Parcels from a file: upload, say which column is what, look at it, import, watch, stop, resume."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.life.imports import (
    Import,
    add_import,
    content_of_import,
    find_import,
    list_imports,
    remove_import,
    resume_import,
    start_import,
    stop_import,
)
from codes.life.policy import decide
from web.http.access import for_roles, this_member
from web.http.bodies import BodyKind, takes
from web.i18n import N_, current_language, text
from web.importing.csv_reading import BadFile, read_table
from web.importing.parcel_files import COLUMNS, NEEDED, ReadRow, guess_mapping, read_rows
from web.services import services

blueprint = Blueprint("imports", __name__, url_prefix="/office/import")

LISTED = 20
SHOWN = 8
SHOWN_FAULTS = 100
COLUMN_WORDS = {
    "reference": N_("Tracking number"),
    "name": N_("Recipient"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "language": N_("Language"),
    "street": N_("Street and number"),
    "postcode": N_("Postcode"),
    "city": N_("City"),
    "note": N_("Note for the driver"),
    "sender": N_("Sender"),
    "value": N_("Value"),
    "currency": N_("Currency"),
    "destination": N_("Destination"),
    "gift": N_("Gift"),
    "consignment": N_("Order"),
    "sender_wish": N_("Code wanted"),
}


@blueprint.get("")
@for_roles(Role.DISPATCHER)
def listed() -> ResponseReturnValue:
    """Take a file, and list those that were taken."""
    return _list()


@blueprint.post("")
@for_roles(Role.DISPATCHER)
@takes(BodyKind.FILE)
def upload() -> ResponseReturnValue:
    """Keep the file, and go on to its columns."""
    file = request.files.get("file")
    content = file.read() if file else b""
    try:
        read_table(content)
    except BadFile as error:
        return _list(bad=str(error)), 422
    name = (file.filename if file else None) or "parcels.csv"
    import_id = services().codes.write(add_import, name, this_member().name, content)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@blueprint.get("/<uuid:import_id>")
@for_roles(Role.DISPATCHER)
def show(import_id: UUID) -> ResponseReturnValue:
    """Show the columns and what they would give, or how far the import is."""
    found = _found(import_id)
    if found.started_at is not None:
        return render_template("office/parcels/import-progress.html", here="imports.listed", found=found)
    table = read_table(services().codes.read(content_of_import, import_id))
    chosen = {column: request.args.get(column, "") for column in COLUMNS}
    mapping = {column: heading for column, heading in chosen.items() if heading}
    if not request.args:
        mapping = guess_mapping(table.headings)
    rows, bad = _read(import_id, mapping)
    language = current_language().code
    good = [row.parcel for row in rows if row.parcel is not None]
    return render_template(
        "office/parcels/import.html",
        here="imports.listed",
        found=found,
        table=table,
        mapping=mapping,
        columns={column: text(language, word) for column, word in COLUMN_WORDS.items()},
        needed=NEEDED,
        bad=bad,
        good=good,
        shown=good[:SHOWN],
        faulty=[row for row in rows if row.faults][:SHOWN_FAULTS],
        faults=sum(bool(row.faults) for row in rows),
        codes_needed=sum(decide(each, services().codes.rules).code_required for each in good),
    )


@blueprint.post("/<uuid:import_id>/<what>")
@for_roles(Role.DISPATCHER)
def act(import_id: UUID, what: str) -> ResponseReturnValue:
    """Import what was looked at, stop, go on, or forget the file."""
    found, write = _found(import_id), services().codes.write
    if what == "start" and found.started_at is None:
        mapping = {column: heading for column in COLUMNS if (heading := request.form.get(column))}
        rows, bad = _read(import_id, mapping)
        good = sum(row.parcel is not None for row in rows)
        if bad or not good:
            abort(409)
        write(start_import, import_id, mapping, good)
    elif what == "stop":
        write(stop_import, import_id)
    elif what == "resume":
        write(resume_import, import_id)
    elif what == "remove":
        write(remove_import, import_id)
        return redirect(url_for("imports.listed"), 303)
    else:
        abort(404)
    return redirect(url_for("imports.show", import_id=import_id), 303)


def _read(import_id: UUID, mapping: dict[str, str]) -> tuple[list[ReadRow], str | None]:
    try:
        return read_rows(
            read_table(services().codes.read(content_of_import, import_id)), mapping, services().codes.house.country
        ), None
    except BadFile as error:
        return [], str(error)


def _found(import_id: UUID) -> Import:
    return services().codes.read(find_import, import_id) or abort(404)


def _list(bad: str | None = None) -> str:
    found = services().codes.read(list_imports, limit=LISTED)
    return render_template("office/parcels/imports.html", here="imports.listed", imports=found, bad=bad)
