"""CSV as spreadsheets write it: which bytes, which delimiter, which decimal sign, is found out, or asked."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from web.i18n import N_
from web.importing.faults import BadFile
from web.importing.headings import FIRST_ROWS, guess_mapping, place_of_headings

MOST_ROWS = 200_000
MOST_COLUMNS = 200
DELIMITERS = ",;\t|"
_MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
ENCODINGS = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "cp1257"),
    *("mac_roman", "cp850", "cp852", "cp866"),
)
"""What a file may be written in that is not Unicode, the usual one first. Which it is, its bytes do not tell."""
FIRST_FOREIGN = 0x80
_UNTYPED = frozenset({"Cc", "Cn", "Co", "Sk", "So"})
_WORD = re.compile(r"""[^;,\t|\r\n"]+""")
HALVES = 2
"""Two rows of one length may be one that was parted in its middle."""
_SAMPLE = 200_000
"""By so many signs the delimiter is told."""
_SEPARATOR_LINE = re.compile(r'^"?sep=([,;\t|])"?[,;\t|]*\r?\n', re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_AS_TEXT = re.compile(r"^'(?=[\d=+@-])")
_DECIMAL_COMMA = re.compile(r",\d{1,2}$")
_DECIMAL_POINT = re.compile(r"\.\d{1,2}$")
# A number, with a currency before or behind it; brackets and a minus behind make it negative, so they are left to be
# refused, but for the dash that German prices have in place of cents.
_AMOUNT = re.compile(r"[^\d+()-]*([+-]?\d[\d.,'\u2019 \u00a0\u2009\u202f]*?)(?:[.,][-\u2013\u2014]+)?[^\d()-]*")
LONGEST_AMOUNT = 100
"""A pattern would look at a longer one for minutes, and none is."""
_GROUPING = re.compile(r"['\u2019 \u00a0\u2009\u202f]")
_POINTS_IN_THREES = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")
_COMMAS_IN_THREES = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
# How a file begins that is none of lines and cells, and what to do then.
_WORKBOOK = N_("This is an Excel or LibreOffice file. Open it, save it as CSV UTF-8, and choose the new file.")
_ARCHIVE = N_("This is a ZIP file. Unpack it and choose the CSV file in it.")
_NO_TABLE = N_("This is not a CSV file. Save the table as CSV UTF-8.")
_OLD_WORKBOOK, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_IN_WORKBOOKS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis.opendocument")
_NO_TABLES = (b"%PDF-", b"<", b"{\\rtf")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, and which of the file it is, as a spreadsheet counts."""

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
    headings_row: int = 1
    """Which row has the headings; what stands above it is left out. 0 where there are none."""

    def examples(self, place: int, most: int = 3) -> list[str]:
        """Return the first different cells of a column that are not empty."""
        cells = (row.cells[place] for row in self.rows if place < len(row.cells))
        return list(islice(dict.fromkeys(cell for cell in cells if cell), most))


def read_table(data: bytes, encoding: str | None = None) -> Table:
    """Read a CSV file; ``encoding`` counts where its bytes do not tell theirs. Raises BadFile."""
    text, encoding, is_certain = _decoded(data, encoding)
    named = _SEPARATOR_LINE.match(text)
    text = text[named.end() :] if named else text
    delimiter = named[1] if named else _delimiter_of(text[:_SAMPLE])
    read = _rows_of(text, delimiter)
    if not read:
        raise BadFile(N_("The file is empty."))
    place = place_of_headings([row.cells for row in read[:FIRST_ROWS]])
    headings = read[place].cells if place is not None else ("",) * len(read[0].cells)
    # Files that were joined have their headings again and again.
    rows = [row for row in read[0 if place is None else place + 1 :] if row.cells != headings]
    if not rows:
        raise BadFile(N_("The file has no rows below its header."))
    if len(rows) > MOST_ROWS:
        raise BadFile(N_("The file has more than %(most)s rows. Split it."), most=MOST_ROWS)
    names, kept = _without_empty(headings, _filled_up(rows, len(headings)))
    if len(names) > MOST_COLUMNS:
        words = N_("The file has more than %(most)s columns. Leave out what no parcel needs.")
        raise BadFile(words, most=MOST_COLUMNS)
    return Table(names, kept, delimiter, encoding, is_certain, read[place].line if place is not None else 0)


def _rows_of(text: str, delimiter: str) -> list[Row]:
    """Return all rows in which something stands."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[Row] = []
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(cell.strip() for cell in cells):
                rows.append(Row(number, tuple(_plain_cell(cell) for cell in cells)))
    except csv.Error as error:
        # The row in which it begins; a quotation mark that is missing is noticed at the end of the file.
        raise BadFile(N_("Row %(row)s cannot be read. Check its quotation marks."), row=number + 1) from error
    return rows


def _delimiter_of(text: str) -> str:
    """Return by which delimiter the first rows have headings that are known, or else the most rows of one width."""

    def fits(delimiter: str) -> tuple[int, int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            rows = [cells for cells in islice(reader, FIRST_ROWS) if any(cells)]
        except csv.Error:
            return 0, 0, 0
        known = max((len(guess_mapping(cells)) for cells in rows), default=0)
        alike, width = max(((count, width) for width, count in Counter(map(len, rows)).items()), default=(0, 0))
        return known, alike if width > 1 else 0, width

    return max(DELIMITERS, key=fits)


def _filled_up(rows: Sequence[Row], width: int) -> list[Row]:
    """Give rows back the empty cells at their end, which Excel leaves out where those of all rows around are empty.

    A row that is shorter than its neighbours was parted by a line break within a cell, and is left to be refused.
    """
    filled: list[Row] = []
    for length, each in groupby(rows, key=lambda row: len(row.cells)):
        run = list(each)
        is_whole = len(run) > HALVES or (len(run) == HALVES and HALVES * length != width + 1)
        is_last = run[-1] is rows[-1] and (not filled or len(filled[-1].cells) >= width)
        short = width - length if is_whole or is_last else 0
        filled += [Row(row.line, (*row.cells, *("",) * short)) for row in run]
    return filled


def possible_encodings(data: bytes, most: int = 3) -> dict[str, list[str]]:
    """Return in which encodings a file may be written, each with words that it then says.

    Of those that say the same the first stands for all, and those are left out that make of it what nobody types.
    """
    used, found, known = bytes(sign for sign in sorted(set(data)) if sign >= FIRST_FOREIGN), {}, set()
    for encoding in ENCODINGS:
        signs = used.decode(encoding) if _can_be(used, encoding) else ""
        if signs and signs not in known and not any(unicodedata.category(sign) in _UNTYPED for sign in signs):
            words = (word[0].strip() for word in _WORD.finditer(data.decode(encoding)) if not word[0].isascii())
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
    plain = [match[1] for amount in amounts if (match := _number_in(amount))]
    if any(_DECIMAL_COMMA.search(amount) for amount in plain):
        return True
    return delimiter == ";" and not any(_DECIMAL_POINT.search(amount) for amount in plain)


def plain_amount(text: str, *, decimal_comma: bool) -> str:
    """Write an amount with a point and nothing else; what is none is left, to be refused as it stands."""
    match = _number_in(text)
    if match is None:
        return text
    number = _GROUPING.sub("", match[1])
    if decimal_comma:
        if _POINTS_IN_THREES.fullmatch(number):
            return number.replace(".", "").replace(",", ".")
        # A point that parts no thousands is that of a decimal, whatever the other rows have.
        return number if "." in number else number.replace(",", ".")
    return number.replace(",", "") if _COMMAS_IN_THREES.fullmatch(number) else number


def _number_in(amount: str) -> re.Match[str] | None:
    return _AMOUNT.fullmatch(amount.strip()) if len(amount) <= LONGEST_AMOUNT else None


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
    if data.startswith(_OLD_WORKBOOK) or (data.startswith(_ZIP) and any(each in data for each in _IN_WORKBOOKS)):
        raise BadFile(_WORKBOOK)
    if data.startswith(_ZIP):
        raise BadFile(_ARCHIVE)
    if b"\x00" in data or data.removeprefix(codecs.BOM_UTF8).lstrip().startswith(_NO_TABLES):
        raise BadFile(_NO_TABLE)
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
