"""CSV as spreadsheets write it: which bytes, which delimiter, which decimal sign, is found out, or asked."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from web.i18n import N_
from web.importing.faults import BadFile

MOST_ROWS = 200_000
MOST_COLUMNS = 200
DELIMITERS = ",;\t|"
_MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
ENCODINGS = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman", "cp850", "cp852", "cp866")
"""What a file may be written in that is not Unicode, the usual one first. Which it is, its bytes do not tell."""
FIRST_FOREIGN = 0x80
_UNTYPED = frozenset({"Cc", "Cn", "Co", "Sk", "So"})
_FOREIGN_WORD = re.compile(r"""[^;,\t|\r\n"]*[^\x00-\x7f;,\t|\r\n"][^;,\t|\r\n"]*""")
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR_LINE = re.compile(r"^sep=([,;\t|])\r?\n", re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_AS_TEXT = re.compile(r"^'(?=[\d=+@-])")
_DECIMAL_COMMA = re.compile(r",\d{1,2}$")
_DECIMAL_POINT = re.compile(r"\.\d{1,2}$")
_AMOUNT = re.compile(r"^[^\d+-]*([+-]?\d[\d.,' \u00a0\u202f]*)[^\d]*$")


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
    is_certain: bool
    """Whether its bytes tell the encoding; else it has to be asked for."""

    def examples(self, place: int, most: int = 3) -> list[str]:
        """Return the first different cells of a column that are not empty."""
        cells = (row.cells[place] for row in self.rows if place < len(row.cells))
        return list(islice(dict.fromkeys(cell for cell in cells if cell), most))


def read_table(data: bytes, encoding: str | None = None) -> Table:
    """Read a CSV file with a heading line; ``encoding`` counts where its bytes do not tell theirs. Raises BadFile."""
    text, encoding, is_certain = _decoded(data, encoding)
    named = _SEPARATOR_LINE.match(text)
    first = _QUOTED.sub("", text.lstrip("\r\n")).split("\n", 1)[0]
    delimiter = named[1] if named else max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text[named.end() if named else 0 :], newline=""), delimiter=delimiter, strict=True)
    headings: tuple[str, ...] = ()
    rows: list[Row] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not headings:
                headings = tuple(_plain_cell(cell) for cell in cells)
            elif len(rows) == MOST_ROWS:
                raise BadFile(N_("The file has more than %(most)s rows. Split it."), most=MOST_ROWS)
            else:
                rows.append(Row(reader.line_num + bool(named), tuple(_plain_cell(cell) for cell in cells)))
    except csv.Error as error:
        raise BadFile(N_("Row %(row)s cannot be read. Check its quotation marks."), row=reader.line_num) from error
    if not headings:
        raise BadFile(N_("The file is empty."))
    headings, kept = _without_empty(headings, rows)
    if len(headings) > MOST_COLUMNS:
        words = N_("The file has more than %(most)s columns. Leave out what no parcel needs.")
        raise BadFile(words, most=MOST_COLUMNS)
    return Table(headings, kept, delimiter, encoding, is_certain)


def possible_encodings(data: bytes, most: int = 3) -> dict[str, list[str]]:
    """Return in which encodings a file may be written, each with words that it then says.

    Of those that say the same the first stands for all, and those are left out that make of it what nobody types.
    """
    used, found, known = bytes(sign for sign in sorted(set(data)) if sign >= FIRST_FOREIGN), {}, set()
    for encoding in ENCODINGS:
        signs = used.decode(encoding) if _can_be(used, encoding) else ""
        if signs and signs not in known and not any(unicodedata.category(sign) in _UNTYPED for sign in signs):
            words = (word[0].strip() for word in _FOREIGN_WORD.finditer(data.decode(encoding)))
            found[encoding] = list(islice(dict.fromkeys(islice(words, 1000)), most))
            known.add(signs)
    return found


def _plain_cell(cell: str) -> str:
    """Return what a cell says: an apostrophe, or =\"…\", is how a spreadsheet keeps digits as they are."""
    text = cell.strip()
    if formula := _FORMULA_TEXT.match(text):
        return formula[1].replace('""', '"').strip()
    return _AS_TEXT.sub("", text)


def _without_empty(headings: tuple[str, ...], rows: Sequence[Row]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Leave columns out in which nothing stands, and give those a name that have none, or that of another one."""
    width = len(headings)
    used = {place for cells in (headings, *(row.cells for row in rows)) for place, cell in enumerate(cells) if cell}
    kept = sorted(place for place in used if place < width)
    names: list[str] = []
    taken = set[str]()
    for place in kept:
        name = headings[place] or f"#{place + 1}"
        names.append(f"{name} (#{place + 1})" if name.lower() in taken else name)
        taken.add(names[-1].lower())
    return tuple(names), tuple(Row(row.line, _kept_cells(row.cells, kept, width)) for row in rows)


def _kept_cells(cells: tuple[str, ...], kept: Sequence[int], width: int) -> tuple[str, ...]:
    """Return the cells of the columns that are kept; a row that is longer or shorter than these stays so."""
    beyond = cells[width:] if any(cells[width:]) else ()
    return (*(cells[place] for place in kept if place < len(cells)), *beyond)


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """Write a table that `read_table` reads again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


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


def _decoded(data: bytes, wanted: str | None) -> tuple[str, str, bool]:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _decode(data, encoding), encoding, True
    if b"\x00" in data:
        raise BadFile(N_("This is not a CSV file. Save the table as CSV UTF-8."))
    try:
        return data.decode("utf-8-sig"), "utf-8", True
    except UnicodeDecodeError:
        encoding = wanted if wanted in ENCODINGS else next(each for each in ENCODINGS if _can_be(data, each))
        return _decode(data, encoding), encoding, False


def _can_be(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadFile(N_("The file is not written in this encoding. Choose another one.")) from error
