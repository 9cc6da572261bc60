"""Tables to take away as CSV."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from flask import Response

from web.outside_text import one_line
from web.services import services

# Where a spreadsheet may begin a cell: at the start, and behind whatever it may take for a separator or a line's end.
# A German one splits at semicolons, whatever the file was written with. Blanks and quotes may stand before a sign.
_CELL_BEGINS = re.compile(r"""(^|[;,|\t\r\n])([\s"']*)(?=(.))""")
# Numbers, moments and plain words, as most cells are: no separator, no quote, no sign at the start.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]*(?: [A-Za-z0-9_.:+-]+)*")
_FORMULA_SIGNS = frozenset("=+-@")
CELL_LENGTH = 1000


def spreadsheet(name: str, columns: Sequence[str], rows: Iterable[Iterable[object]], delimiter: str = ",") -> Response:
    """Return a CSV file whose cells no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    # Headings may come from a file of somebody else too.
    writer.writerows([harmless(_written(value)) for value in row] for row in (columns, *rows))
    headers = {"Content-Disposition": _saved_as(name)}
    # The mark at the start tells spreadsheets that this is UTF-8.
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def _saved_as(name: str) -> str:
    """Name a file whatever it was called: a header holds ASCII, and the rest is escaped beside it (RFC 6266)."""
    plain = re.sub(r"[^\w .()+-]", "_", name, flags=re.ASCII)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    return f'attachment; filename="{plain}"{exact}'


def _written(value: object) -> str:
    """Write one value; a moment by the house's clock, with its distance from UTC."""
    if isinstance(value, datetime):
        return services().codes.house.days.local(value).isoformat(" ", "seconds")
    return "" if value is None else str(value)


def harmless(cell: str) -> str:
    """Return a cell that is one line of text, wherever a spreadsheet splits it and whatever it begins with."""
    if len(cell) <= CELL_LENGTH and _PLAIN.fullmatch(cell):
        return cell
    line = "\t".join(one_line(part, CELL_LENGTH) for part in cell.split("\t"))
    text = _CELL_BEGINS.sub(_as_text, line)
    return f"'{text}" if cell.startswith(("\t", "\r")) else text


def _as_text(found: re.Match[str]) -> str:
    """Put an apostrophe before what a spreadsheet calculates; full-width signs count (some read them alike)."""
    before, blanks, sign = found.groups()
    is_formula = unicodedata.normalize("NFKC", sign) in _FORMULA_SIGNS
    return f"{before}{blanks}'" if is_formula else f"{before}{blanks}"
