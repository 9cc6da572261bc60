"""CSV as spreadsheets write it: which bytes, which delimiter, which decimal sign, is found out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_ROWS = 200_000
DELIMITERS = ",;\t|"
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_DECIMAL_COMMA = re.compile(r",\d{1,2}$")
_DECIMAL_POINT = re.compile(r"\.\d{1,2}$")
_AMOUNT = re.compile(r"^[^\d+-]*([+-]?\d[\d.,' \u00a0\u202f]*)[^\d]*$")


class BadFile(Exception):
    """The file cannot be imported; one line for each fault. Nothing of it was announced."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, and the line of the file at which it ends."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's headings and rows, and how it was written."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    delimiter: str
    encoding: str


def read_table(data: bytes) -> Table:
    """Read a CSV file with a heading line. Raises BadFile."""
    text, encoding = _decoded(data)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    headings: tuple[str, ...] = ()
    rows: list[Row] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not headings:
                headings = tuple(cell.strip() for cell in cells)
            elif len(rows) == MOST_ROWS:
                raise BadFile(f"more than {MOST_ROWS:,} rows; split the file")
            else:
                rows.append(Row(reader.line_num, tuple(cells)))
    except csv.Error as error:
        raise BadFile(f"is not CSV ({error})") from error
    if not headings:
        raise BadFile("is empty")
    return Table(headings, tuple(rows), delimiter, encoding)


def has_decimal_comma(amounts: Iterable[str], delimiter: str) -> bool:
    """Tell which sign a file's amounts use: what is certain decides, else a semicolon means a comma."""
    plain = [amount.strip(" €$£\u00a0") for amount in amounts]
    if any(_DECIMAL_COMMA.search(amount) for amount in plain):
        return True
    return delimiter == ";" and not any(_DECIMAL_POINT.search(amount) for amount in plain)


def plain_amount(text: str, *, decimal_comma: bool) -> str:
    """Write an amount with a point and nothing else; what is none is left, to be refused as it stands."""
    match = _AMOUNT.match(text.strip())
    if match is None:
        return text
    number = re.sub(r"[' \u00a0\u202f]", "", match[1])
    if decimal_comma:
        return number.replace(".", "").replace(",", ".")
    return number.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", number) else number


def names_of(headings: Sequence[str]) -> dict[str, int]:
    """Return where each heading stands, in lower case; of two that are equal, the first."""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        found.setdefault(heading.lower(), place)
    return found


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _decode(data, encoding), encoding
    if b"\x00" in data:
        raise BadFile("is no text")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return _decode(data, "cp1252"), "cp1252"


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadFile("is neither UTF-8 nor Windows text; save it as CSV UTF-8") from error
