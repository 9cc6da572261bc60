"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written: the table, the row, and what is wrong with it."""

    table: str
    row: str
    fault: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.fault}"
