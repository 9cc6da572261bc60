"""Parcels from a file: upload, say which column is what, look at it, import, watch, stop, resume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from io import BytesIO
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
from codes.life.policy import apply_policy
from codes.office.import_list import ImportFilters, ImportOrder, ImportState, count_imports, page_of_imports
from web.http.access import for_roles, this_member
from web.http.bodies import BodyKind, takes
from web.i18n import N_, current_language, language_named, offered, text
from web.importing.csv_reading import Table, possible_encodings, read_table
from web.importing.faults import HEADING, BadFile, Fault, restored
from web.importing.headings import COLUMN_WORDS, FILE_COLUMNS, NEEDED, guess_mapping
from web.importing.parcel_files import ENCODING, LANGUAGE_OF_ALL, ReadRow, left_over, read_chosen
from web.office.figures.spreadsheets import spreadsheet
from web.office.lists import asked_choice, asked_day, asked_page, asked_text
from web.outside_text import one_line
from web.services import services

blueprint = Blueprint("imports", __name__, url_prefix="/office/import")

LONGEST_SEARCH = LONGEST_NAME = 200
ACTS = frozenset({"start", "stop", "resume", "remove"})
SAID_OF_ALL = (ENCODING, LANGUAGE_OF_ALL)
"""What is chosen of a file beside what its columns are."""
SHOWN = 8
SHOWN_FAULTS = 100
STATE_WORDS = {
    ImportState.NOT_STARTED: N_("Not started"),
    ImportState.RUNNING: N_("Running"),
    ImportState.STOPPED: N_("Stopped"),
    ImportState.DONE: N_("Done"),
}
ENCODING_WORDS = {
    "cp1252": N_("Western Europe (Windows-1252)"),
    "cp1250": N_("Central Europe (Windows-1250)"),
    "cp1251": N_("Cyrillic (Windows-1251)"),
    "cp1253": N_("Greek (Windows-1253)"),
    "cp1254": N_("Turkish (Windows-1254)"),
    "cp1256": N_("Arabic (Windows-1256)"),
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
    with closing(file or BytesIO()) as sent:
        content = sent.read()
    try:
        read_table(content)
    except BadFile as error:
        return _list(bad=error.said(current_language().code)), 422
    name = one_line((file.filename if file else None) or "", LONGEST_NAME) or "parcels.csv"
    import_id = services().codes.write(add_import, name, this_member().name, content)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@blueprint.get("/<uuid:import_id>")
@for_roles(Role.DISPATCHER)
def show(import_id: UUID) -> ResponseReturnValue:
    """Show the columns and what they would give, or how far the import is."""
    found = _found(import_id)
    if found.started_at is not None:
        return render_template("office/parcels/import-progress.html", here="imports.listed", found=found)
    asked = {name: value for name, value in request.args.items() if name.startswith("column-") or name in SAID_OF_ALL}
    encoding = (asked or found.mapping).get(ENCODING)
    table = _table(import_id, encoding)
    choice, twice = _chosen(table, asked) if asked else (dict(found.mapping), "")
    if asked and encoding != found.mapping.get(ENCODING):
        # Headings that could not be read before may be told now.
        guessed = guess_mapping(table.headings)
        choice = {column: each for column, each in guessed.items() if each not in choice.values()} | choice
    if asked:
        # A draft, which nothing follows from: whoever comes back finds what was chosen.
        services().codes.write(choose_columns, import_id, choice)
    return _page(found, table, choice or guess_mapping(table.headings), twice=twice)


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
        table = _table(import_id, found.mapping.get(ENCODING))
        read = _read(table, found.mapping or guess_mapping(table.headings))
        headings, rows = left_over(table, read if read is not None else abort(409), heading, _told)
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
        choice = {name: value for name in (*FILE_COLUMNS, *SAID_OF_ALL) if (value := request.form.get(name))}
        table = _table(import_id, choice.get(ENCODING))
        rows = _read(table, choice) or ()
        good = sum(row.parcel is not None for row in rows)
        if not good or not (table.is_certain or ENCODING in choice):
            abort(409)
        if "whole" in request.form and good < len(rows):
            return _page(found, table, choice, is_held_up=True), 422
        write(start_import, import_id, choice, good)
    elif what == "stop":
        write(stop_import, import_id)
    elif what == "resume":
        write(resume_import, import_id)
    elif what == "remove":
        write(remove_import, import_id)
        return redirect(url_for("imports.listed"), 303)
    return redirect(url_for("imports.show", import_id=import_id), 303)


def _page(found: Import, table: Table, choice: Mapping[str, str], *, twice: str = "", is_held_up: bool = False) -> str:
    """Show what would be made of the file by a choice of columns and encoding."""
    language, words = current_language().code, _column_words()
    choice = {LANGUAGE_OF_ALL: _language_of_house(), **choice}
    rows = None if twice else _read(table, choice)
    # Until it is said how the file is written, its headings may be wrong too.
    told = table.is_certain or ENCODING in choice
    missing = [column for column in NEEDED if column not in choice]
    trouble = text(language, MISSING, columns=", ".join(words[each] for each in missing)) if told and missing else ""
    rows = rows or []
    meant = {heading.lower(): column for column, heading in choice.items() if column in FILE_COLUMNS}
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
        languages_of_mails=[(each.code, each.native_name) for each in offered()],
        trouble=text(language, HELD_UP) if is_held_up else twice or trouble,
        good=good,
        shown=good[:SHOWN],
        faulty=[(row.line, [each.said(language, words) for each in row.faults]) for row in faulty[:SHOWN_FAULTS]],
        faults=len(faulty),
        codes_needed=sum(apply_policy(each, services().codes.rules).code_required for each in good),
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
        elif column in FILE_COLUMNS:
            choice[column] = heading
    said = {name: asked[name] for name in SAID_OF_ALL if asked.get(name)}
    if said.get(ENCODING) != table.encoding:
        said.pop(ENCODING, None)
    return choice | said, twice


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


def _read(table: Table, choice: Mapping[str, str]) -> list[ReadRow] | None:
    """Read the rows by a choice of columns; None where it does not fit the file."""
    try:
        return read_chosen(table, choice, services().codes.house.country)
    except BadFile:
        return None


def _language_of_house() -> str:
    """Return in which language the house writes to those of whom a file tells none, unless somebody chooses."""
    locale = services().codes.house.locale
    return language_named(locale).code if locale else current_language().code


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
