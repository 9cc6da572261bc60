"""Tables to take away as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet(name: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Response:
    """Return a CSV file whose cells no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([harmless("" if value is None else str(value)) for value in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # The mark at the start tells spreadsheets that this is UTF-8.
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def harmless(cell: str) -> str:
    """Return a cell that is text, whatever it begins with."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
