"""Parcels from a CSV file: checked as a whole, then announced as a whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from codes import Announcement
from codes.issuing import Announced, AnnouncedParcel
from web.api.requests import ParcelBody
from web.problems import fields_of

RECIPIENT = ("name", "email", "language", "postcode")
COLUMNS = (
    "reference",
    *RECIPIENT,
    *("sender", "value", "currency", "destination", "gift", "consignment", "sender_wish"),
)
NEEDED = ("reference", "name")


class BadFile(Exception):
    """The file cannot be imported; one line for each fault. Nothing of it was announced."""


def read_parcels(path: Path) -> list[Announcement]:
    """Read a CSV file with a heading line; an empty cell is the default. Raises BadFile."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_parcels(path, file))
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: is not UTF-8 text; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise BadFile(f"{path}: is not CSV ({error})") from error


def parcel_from_cells(cells: dict[str, str]) -> Announcement:
    """Read one parcel from texts by column. Raises pydantic's ValidationError."""
    given = {name: text.strip() for name, text in cells.items() if text and text.strip()}
    recipient = {name: given.pop(name) for name in RECIPIENT if name in given}
    return ParcelBody.model_validate({**given, "recipient": recipient}).announcement()


def _parcels(path: Path, file: Any) -> Iterator[Announcement]:
    dialect = _dialect(file)
    rows = csv.DictReader(file, dialect=dialect, strict=True)
    headings = [heading.strip().lower() for heading in rows.fieldnames or ()]
    rows.fieldnames = headings
    faults = [f"{path}: unknown column {name}; known: {', '.join(COLUMNS)}" for name in headings if name not in COLUMNS]
    faults += [f"{path}: column {name} is missing" for name in NEEDED if name not in headings]
    if faults:
        raise BadFile("\n".join(faults))
    for row in rows:
        if None in row or None in row.values():
            faults.append(f"{path}:{rows.line_num}: has not as many cells as the heading has columns")
            continue
        try:
            yield parcel_from_cells(row)
        except ValidationError as error:
            for each in fields_of(error):
                field = each["field"].removeprefix("recipient.")
                faults.append(f"{path}:{rows.line_num}: {field}: {each['message']}")
    if faults:
        raise BadFile("\n".join(faults))


def _dialect(file: Any) -> type[csv.Dialect]:
    """Tell a comma from a semicolon or a tabulator by the heading line."""
    heading = file.readline()
    file.seek(0)
    delimiter = max(",;\t", key=heading.count)

    class Found(csv.excel):
        pass

    Found.delimiter = delimiter
    return Found


def told(announced: AnnouncedParcel) -> str:
    """Say in one line what came of an announcement."""
    code = "code issued" if announced.code_required else "no code needed"
    result = {
        Announced.CREATED: code,
        Announced.UNCHANGED: f"announced before, {code}",
        Announced.CONFLICT: "NOT announced: this reference stands already, with other facts",
    }[announced.result]
    return f"{announced.reference}: {result} ({announced.reason})"
