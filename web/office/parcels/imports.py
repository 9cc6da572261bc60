"""Parcels from a file: upload, say which column is what, look at it, import, watch, stop, resume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.life.imports import (
    Import,
    add_import,
    choose_columns,
    content_of_import,
    find_import,
    remove_import,
    resume_import,
    start_import,
    stop_import,
)
from codes.life.policy import decide
from codes.office.import_list import ImportFilters, ImportOrder, ImportState, count_imports, page_of_imports
from web.http.access import for_roles, this_member
from web.http.bodies import BodyKind, takes
from web.i18n import N_, current_language, text
from web.importing.csv_reading import Table, possible_encodings, read_table
from web.importing.faults import HEADING, BadFile, Fault, restored
from web.importing.parcel_files import COLUMNS, ENCODING, NEEDED, ReadRow, guess_mapping, left_over, read_file
from web.office.figures.spreadsheets import spreadsheet
from web.office.lists import asked_choice, asked_day, asked_page, asked_text
from web.services import services

blueprint = Blueprint("imports", __name__, url_prefix="/office/import")

LONGEST_SEARCH = 200
ACTS = frozenset({"start", "stop", "resume", "remove"})
SHOWN = 8
SHOWN_FAULTS = 100
STATE_WORDS = {
    ImportState.NOT_STARTED: N_("Not started"),
    ImportState.RUNNING: N_("Running"),
    ImportState.STOPPED: N_("Stopped"),
    ImportState.DONE: N_("Done"),
}
COLUMN_WORDS = {
    "reference": N_("Tracking number"),
    "name": N_("Recipient"),
    "email": N_("Email"),
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
    "sender_wish": N_("Code requested"),
}

ENCODING_WORDS = {
    "cp1252": N_("Western Europe (Windows-1252)"),
    "cp1250": N_("Central Europe (Windows-1250)"),
    "cp1251": N_("Cyrillic (Windows-1251)"),
    "cp1253": N_("Greek (Windows-1253)"),
    "cp1254": N_("Turkish (Windows-1254)"),
    "cp1257": N_("Baltic (Windows-1257)"),
    "mac_roman": N_("Western Europe (old Mac)"),
    "cp850": N_("Western Europe (DOS)"),
    "cp852": N_("Central Europe (DOS)"),
    "cp866": N_("Cyrillic (DOS)"),
}
HELD_UP = N_("Nothing was imported, as you asked, because some rows have errors.")
MISSING = N_("Choose a column of the file for: %(columns)s.")
TWICE = N_("Two columns of the file were chosen for: %(column)s.")


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
        return _list(bad=error.said(current_language().code)), 422
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
    asked = {name: value for name, value in request.args.items() if name != "lang"}
    choice, twice = _chosen(_table(import_id, asked.get(ENCODING)), asked) if asked else (dict(found.mapping), "")
    if asked.get(ENCODING) != found.mapping.get(ENCODING):
        # Headings that could not be read before may be told now.
        guessed = guess_mapping(_table(import_id, asked.get(ENCODING)).headings)
        choice = {column: each for column, each in guessed.items() if each not in choice.values()} | choice
    if asked:
        # A draft, which nothing follows from: whoever comes back finds what was chosen.
        services().codes.write(choose_columns, import_id, choice)
    elif not choice:
        choice = guess_mapping(_table(import_id).headings)
    return _page(found, choice, twice=twice)


@blueprint.get("/<uuid:import_id>/faults.csv")
@for_roles(Role.DISPATCHER)
def faults(import_id: UUID) -> ResponseReturnValue:
    """Give the rows with faults and what is wrong with each, to be mended and imported."""
    found, heading = _found(import_id), text(current_language().code, HEADING)
    if found.finished_at is not None:
        table = _table(import_id)
        headings = [*table.headings[:-1], heading]
        rows = [[*row.cells[:-1], _told(restored(row.cells[-1]))] for row in table.rows]
    else:
        table, read = _read(import_id, found.mapping or guess_mapping(_table(import_id).headings))
        headings, rows = left_over(table, read, heading, _told)
    name = f"{PurePath(found.name).stem[:100]}-faults.csv"
    return spreadsheet(name, headings, rows, table.delimiter)


@blueprint.post("/<uuid:import_id>/<what>")
@for_roles(Role.DISPATCHER)
def act(import_id: UUID, what: str) -> ResponseReturnValue:
    """Import what was looked at, stop, go on, or forget the file."""
    found, write = _found(import_id), services().codes.write
    if what not in ACTS:
        abort(404)
    if what == "start" and found.started_at is None:
        choice = {name: value for name in (*COLUMNS, ENCODING) if (value := request.form.get(name))}
        try:
            table, rows = _read(import_id, choice)
        except BadFile:
            abort(409)
        good = sum(row.parcel is not None for row in rows)
        if not good or not (table.is_certain or ENCODING in choice):
            abort(409)
        if "whole" in request.form and good < len(rows):
            return _page(found, choice, is_held_up=True), 422
        write(start_import, import_id, choice, good)
    elif what == "stop":
        write(stop_import, import_id)
    elif what == "resume":
        write(resume_import, import_id)
    elif what == "remove":
        write(remove_import, import_id)
        return redirect(url_for("imports.listed"), 303)
    return redirect(url_for("imports.show", import_id=import_id), 303)


def _page(found: Import, choice: Mapping[str, str], *, twice: str = "", is_held_up: bool = False) -> str:
    """Show what would be made of the file by a choice of columns and encoding."""
    language, table = current_language().code, _table(found.import_id, choice.get(ENCODING))
    words = _column_words()
    trouble, rows = twice, []
    try:
        rows = [] if twice else _read(found.import_id, choice)[1]
    except BadFile:
        missing = ", ".join(words[column] for column in NEEDED if column not in choice)
        # Until it is said how the file is written, its headings may be wrong too.
        told = table.is_certain or ENCODING in choice
        trouble = text(language, MISSING, columns=missing) if told else ""
    meant = {heading.lower(): column for column, heading in choice.items() if column in COLUMNS}
    good = [row.parcel for row in rows if row.parcel is not None]
    faulty = [row for row in rows if row.faults]
    return render_template(
        "office/parcels/import.html",
        here="imports.listed",
        found=found,
        table=table,
        columns=[
            (heading, table.examples(place), meant.get(heading.lower())) for place, heading in enumerate(table.headings)
        ],
        words=words,
        needed=NEEDED,
        choice=choice,
        encodings=_encodings(found.import_id, table),
        trouble=text(language, HELD_UP) if is_held_up else trouble,
        good=good,
        shown=good[:SHOWN],
        faulty=[(row.line, [each.said(language, words) for each in row.faults]) for row in faulty[:SHOWN_FAULTS]],
        faults=len(faulty),
        codes_needed=sum(decide(each, services().codes.rules).code_required for each in good),
    )


def _column_words() -> dict[str, str]:
    return {column: text(current_language().code, word) for column, word in COLUMN_WORDS.items()}


def _told(faults: Iterable[Fault]) -> str:
    """Say in one cell what is wrong with a row, as the page does."""
    words = _column_words()
    return "; ".join(each.said(current_language().code, words) for each in faults)


def _chosen(table: Table, asked: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return what was chosen, by column of ours, and what is wrong with that: two columns that are one of ours."""
    choice: dict[str, str] = {}
    twice = ""
    for place, heading in enumerate(table.headings):
        column = asked.get(f"column-{place}", "")
        if column in choice:
            word = text(current_language().code, COLUMN_WORDS[column])
            twice = text(current_language().code, TWICE, column=word)
        elif column in COLUMNS:
            choice[column] = heading
    return choice | ({ENCODING: table.encoding} if asked.get(ENCODING) == table.encoding else {}), twice


def _encodings(import_id: UUID, table: Table) -> list[tuple[str, str, list[str]]]:
    """Return in which ways the file may be written and what it says then, where its bytes do not tell."""
    if table.is_certain:
        return []
    language, found = current_language().code, possible_encodings(_content(import_id))
    return [(encoding, text(language, ENCODING_WORDS[encoding]), words) for encoding, words in found.items()]


def _content(import_id: UUID) -> bytes:
    return services().codes.read(content_of_import, import_id)


def _table(import_id: UUID, encoding: str | None = None) -> Table:
    try:
        return read_table(_content(import_id), encoding)
    except BadFile:
        abort(404)  # what was uploaded could be read; it was forgotten meanwhile, or cannot be what was asked for


def _read(import_id: UUID, choice: Mapping[str, str]) -> tuple[Table, list[ReadRow]]:
    return read_file(_content(import_id), choice, services().codes.house.country)


def _found(import_id: UUID) -> Import:
    return services().codes.read(find_import, import_id) or abort(404)


def _list(bad: str | None = None) -> str:
    filters = ImportFilters(
        search=asked_text("search", LONGEST_SEARCH),
        state=asked_choice("state", ImportState),
        day=asked_day(),
    )
    listing, found = asked_page(page_of_imports, count_imports, filters, ImportOrder.MADE)
    return render_template(
        "office/parcels/imports.html",
        here="imports.listed",
        imports=found,
        filters=filters,
        listing=listing,
        state_words={each: text(current_language().code, word) for each, word in STATE_WORDS.items()},
        bad=bad,
    )
