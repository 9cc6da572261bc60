"""Parcels from a CSV file whose columns are ours, or mapped to ours: checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from codes import Announcement
from codes.values.tracking_numbers import TEST_PARCELS, BadReference, number_of
from web.api.requests import ParcelBody, house_in
from web.importing.csv_reading import Table, has_decimal_comma, names_of, plain_amount, possible_encodings, read_table
from web.importing.faults import (
    CELLS,
    FORMULA,
    KEPT_FOR_TESTS,
    REPEATED,
    SEVERAL,
    SPOILT,
    BadFile,
    Fault,
    faults_in,
    headings_of_faults,
)
from web.importing.headings import FILE_COLUMNS, NEEDED, RECIPIENT, guess_mapping

AS_DIGITS = ("reference", "consignment", "phone", "postcode")
_SPOILT = re.compile(r"[+-]?\d+([.,]\d+)?E\+\d{1,3}", re.IGNORECASE)
# A spreadsheet counts with fifteen digits; those behind them become zeros.
EXACT_DIGITS = 15
_LONG_NUMBER = re.compile(r"\d{16,}", re.ASCII)
FEWEST_ZEROS = 3
"""So many zeros in place of all digits behind those stand there by chance once in a thousand files."""
_FORMULA = re.compile(r"#(N/?[AV]|[A-ZÀ-Þ]+(/0)?[!?]|#+)|=[\w.]+\(.*|=\$?[A-Z]{1,3}\$?\d.*", re.DOTALL)
LONGEST_MAILBOX = 500
"""What is longer is no address with a name before it, and patterns would look at it for minutes."""
_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")
_MAILBOX = re.compile(r"(?:mailto:)?(?:[^<>]*<)?\s*([^<>\s]+?)\s*>?[\s.,;]*", re.IGNORECASE)
# As spreadsheets and people write them in the languages of the house.
_YES = ("ja", "x", "wahr", "vrai", "oui", "vero", "verdadero", "prawda", "tak", "sí", "si", "sì", "evet")
_NO = ("nein", "falsch", "faux", "non", "falso", "fałsz", "nie", "nee", "hayır")
_YES_NO = dict.fromkeys(_YES, "true") | dict.fromkeys(_NO, "false")


LARGEST_FILE = 100_000_000
"""So many bytes a command reads of a file; the office takes less, as its settings say."""
ENCODING = "encoding"
LANGUAGE_OF_ALL = "language_of_all"
"""What a choice is called that says in which language those are written to of whom the file tells none."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row: its parcel, or what is wrong with it."""

    line: int
    parcel: Announcement | None
    faults: tuple[Fault, ...] = ()


def read_file(content: bytes, choice: Mapping[str, str], country: str | None = None) -> tuple[Table, list[ReadRow]]:
    """Read a file as somebody chose: for each of our columns a heading, and under ``ENCODING`` how it is written.

    Raises BadFile, also where the choice does not fit the file.
    """
    table = read_table(content, choice.get(ENCODING))
    return table, read_chosen(table, choice, country)


def read_chosen(table: Table, choice: Mapping[str, str], country: str | None = None) -> list[ReadRow]:
    """Read every row as somebody chose. Raises BadFile if the choice does not fit the file."""
    mapping = {column: choice[column] for column in FILE_COLUMNS if column in choice}
    return read_rows(table, mapping, country, choice.get(LANGUAGE_OF_ALL, ""))


def left_over(
    table: Table, rows: Iterable[ReadRow], heading: str, said: Callable[[Iterable[Fault]], str]
) -> tuple[list[str], list[list[str]]]:
    """Return the headings and cells of the rows with faults, as they stand in the file, with what is wrong at last."""
    ours = headings_of_faults()
    kept = [place for place, each in enumerate(table.headings) if each.lower() not in ours]
    cells = (row.cells for row in table.rows)
    faulty = [
        [
            *(each[place] if place < len(each) else "" for place in kept),
            *each[len(table.headings) :],
            said(row.faults),
        ]
        for each, row in zip(cells, rows, strict=True)
        if row.faults
    ]
    return [*(table.headings[place] for place in kept), heading], faulty


def parse_mapping(text: str) -> dict[str, str]:
    """Read a mapping as it is typed: ``reference=Tracking,name=Customer``. Raises BadFile."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    mapping = {column.strip(): heading.strip() for column, _, heading in pairs}
    unknown = sorted(set(mapping) - set(FILE_COLUMNS))
    if unknown or not all(mapping.values()):
        raise BadFile(f"--map: write column=Heading,… with the columns {', '.join(FILE_COLUMNS)}")
    return mapping


def read_rows(
    table: Table, mapping: Mapping[str, str], country: str | None = None, language: str = ""
) -> list[ReadRow]:
    """Read every row by the mapping; ``language`` is theirs of whom the file tells none.

    Raises BadFile if the mapping does not fit the file.
    """
    names = names_of(table.headings)
    places = {column: names.get(heading.lower()) for column, heading in mapping.items()}
    faults = [f"no column is called {mapping[column]}" for column, place in places.items() if place is None]
    faults += [f"column {column} is missing" for column in NEEDED if column not in mapping]
    if faults:
        raise BadFile("\n".join(faults))
    where = {column: place for column, place in places.items() if place is not None}
    whole = [row.cells for row in table.rows if len(row.cells) == len(table.headings)]
    comma = has_decimal_comma((cells[where["value"]] for cells in whole if "value" in where), table.delimiter)
    rounded = {
        column for column in AS_DIGITS if column in where and _are_rounded(cells[where[column]] for cells in whole)
    }
    read, seen = [], dict[str, int]()
    for row in table.rows:
        if len(row.cells) != len(table.headings):
            read.append(ReadRow(row.line, None, (Fault(CELLS),)))
            continue
        cells = {column: row.cells[place] for column, place in where.items()}
        if cells.get("value"):
            cells["value"] = plain_amount(cells["value"], decimal_comma=comma)
        cells["language"] = cells.get("language") or language
        read.append(_unless_seen(_read_row(row.line, cells, rounded, country), seen))
    return read


def _are_rounded(numbers: Iterable[str]) -> bool:
    """Tell whether a spreadsheet took the numbers of a column for such that it calculates with."""
    long = {number for number in numbers if _LONG_NUMBER.fullmatch(number)}
    zeros = [number[EXACT_DIGITS:] for number in long if not number[EXACT_DIGITS:].strip("0")]
    return len(zeros) == len(long) and sum(map(len, zeros)) >= FEWEST_ZEROS


def _faults_of_spreadsheet(cells: Mapping[str, str], rounded: Container[str]) -> tuple[Fault, ...]:
    """Return which cells say no more what their owner wrote, for a spreadsheet calculated with them."""
    spoilt = [
        column
        for column in AS_DIGITS
        if _SPOILT.fullmatch(cells.get(column, "")) or (column in rounded and _LONG_NUMBER.fullmatch(cells[column]))
    ]
    formulas = [column for column, cell in cells.items() if cell.startswith(("#", "=")) and _FORMULA.fullmatch(cell)]
    return (*(Fault(SPOILT, column) for column in spoilt), *(Fault(FORMULA, column) for column in formulas))


def _unless_seen(row: ReadRow, seen: dict[str, int]) -> ReadRow:
    """Return the row, or what is wrong with it where its number stands in the file already, however it is written."""
    if row.parcel is None:
        return row
    before = seen.setdefault(number_of(row.parcel.reference), row.line)
    return row if before == row.line else ReadRow(row.line, None, (Fault(REPEATED, "reference", before),))


def read_parcels(
    path: Path, mapping: Mapping[str, str] | None = None, country: str | None = None, encoding: str | None = None
) -> list[Announcement]:
    """Read a CSV file; an empty cell is the default. Without a mapping its columns are ours. Raises BadFile."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise BadFile(f"has more than {LARGEST_FILE:,} bytes; split it")
        table = read_table(content, encoding)
        if not table.is_certain and encoding is None:
            raise _encoding_needed(content)
        rows = read_rows(table, mapping or _own(table), country)
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror})") from error
    except BadFile as error:
        raise BadFile("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from error
    faults = [f"{path}:{row.line}: {fault.said()}" for row in rows for fault in row.faults]
    if faults:
        raise BadFile("\n".join(faults))
    return [row.parcel for row in rows if row.parcel is not None]


def _encoding_needed(content: bytes) -> BadFile:
    """Say in which encodings a file may be written, and what its names are in each."""
    found = possible_encodings(content)
    choices = [f"--encoding {encoding}: {' · '.join(words)}" for encoding, words in found.items()]
    return BadFile("\n".join(["does not say how its letters are encoded; choose where the names are right", *choices]))


def parcel_from_cells(cells: Mapping[str, str], country: str | None = None) -> Announcement:
    """Read one parcel from texts by column; ``country`` is that of phones without one.

    Raises pydantic's ValidationError or BadReference.
    """
    given = {name: text.strip() for name, text in cells.items() if text and text.strip()}
    for name, written in (("currency", str.upper), ("language", str.lower), ("destination", str.lower)):
        if name in given:
            given[name] = written(given[name])
    for name in ("gift", "sender_wish"):
        if name in given:
            given[name] = _YES_NO.get(given[name].lower(), given[name])
    recipient = {name: given.pop(name) for name in RECIPIENT if name in given}
    parcel = ParcelBody.model_validate({**given, "recipient": recipient}, context=house_in(country)).announcement()
    if parcel.reference.startswith(TEST_PARCELS):
        raise BadReference(f"{TEST_PARCELS} is kept for test keys")
    return parcel


def _read_row(line: int, cells: Mapping[str, str], rounded: Container[str], country: str | None) -> ReadRow:
    if calculated := _faults_of_spreadsheet(cells, rounded):
        return ReadRow(line, None, calculated)
    email = cells.get("email", "")
    if len(email) <= LONGEST_MAILBOX and len(_ADDRESS.findall(email)) > 1:
        return ReadRow(line, None, (Fault(SEVERAL, "email"),))
    try:
        return ReadRow(line, parcel_from_cells(_as_ours(cells), country))
    except BadReference:
        return ReadRow(line, None, (Fault(KEPT_FOR_TESTS, "reference"),))
    except ValidationError as error:
        return ReadRow(line, None, faults_in(error))


def _as_ours(cells: Mapping[str, str]) -> dict[str, str]:
    """Return a row's cells as our columns have them: lines and parts joined, an address without the name before it."""
    given = {
        column: (", " if column in ("street", "note") else " ").join(filter(None, map(str.strip, cell.splitlines())))
        for column, cell in cells.items()
    }
    name = (given.pop("first_name", ""), given.get("name", ""))
    street = (given.get("street", ""), given.pop("house_number", ""))
    given["name"] = " ".join(filter(None, name))
    given["street"] = ", ".join(filter(None, (" ".join(filter(None, street)), given.pop("address_2", ""))))
    email = given.get("email", "")
    if len(email) <= LONGEST_MAILBOX and (mailbox := _MAILBOX.fullmatch(email)):
        given["email"] = mailbox[1]
    return given


def _own(table: Table) -> dict[str, str]:
    names = names_of(table.headings)
    unknown = [name for name in names if name not in FILE_COLUMNS]
    if unknown or any(name not in names for name in NEEDED):
        faults = [f"unknown column {name}; known: {', '.join(FILE_COLUMNS)}" for name in unknown]
        faults += [f"column {name} is missing" for name in NEEDED if name not in names]
        guess = ",".join(f"{column}={heading}" for column, heading in guess_mapping(table.headings).items())
        raise BadFile("\n".join([*faults, f"say which column is what, such as --map '{guess}'"]))
    return {name: name for name in names}
