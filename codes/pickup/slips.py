"""What a slip says of a handover: when, which parcels, which number; no name, no code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import Outcome
from codes.store.database import Database


@dataclass(frozen=True, slots=True)
class Slip:
    """One handover as both people can take it along."""

    handed_over_at: datetime
    references: tuple[str, ...]
    match_number: str
    of: int


def slip_of(database: Database, presentation_id: UUID, device_id: UUID) -> Slip | None:
    """Return the slip of what a device was answered, if parcels changed hands then."""
    table = tables.verifications
    query = sa.select(table.c.answer, table.c.presented_at).where(
        table.c.presentation_id == presentation_id, table.c.device_id == device_id
    )
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    answer = json.loads(row.answer)
    given = tuple(each["reference"] for each in answer["parcels"] if each["outcome"] == Outcome.ACCEPTED.value)
    return Slip(row.presented_at, given, answer["match_number"], answer["of"]) if given else None
