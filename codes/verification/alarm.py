"""The house-wide alarm: a sudden rise of wrong digits, whichever parcels and devices they are spread over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from codes import tables
from codes.model import Means, Outcome
from codes.store.transaction import Transaction

WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Alarm:
    """How many wrong digits there were in the last hour, and how many are borne."""

    wrong_digits: int
    borne: int

    @property
    def raised(self) -> bool:
        """Tell whether somebody has to look."""
        return self.wrong_digits > self.borne


def watch_wrong_digits(t: Transaction) -> Alarm:
    """Count the wrong digits of the last hour in what was recorded, so that nothing hot has to be counted."""
    table = tables.verifications
    counted = t.connection.execute(
        sa.select(sa.func.count())
        .select_from(table)
        .where(
            table.c.outcome == Outcome.WRONG_CODE.value,
            table.c.decided_at > t.now - WINDOW,
            table.c.means == Means.DIGITS.value,
        )
    ).scalar_one()
    return Alarm(counted, t.settings.house_wrong_digits_per_hour)
