"""What other rules would have decided for the parcels that were announced last. Nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.life.history import history_by_address
from codes.model import Announcement, Destination, History, HolderKind, Person
from codes.policy import Decision, Rule, decide
from codes.store.database import Database

_ASKED_TOGETHER = 500


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A decision as it was taken, and what it would be."""

    was_required: bool
    was_reason: str
    required: bool
    reason: str


def rehearse(database: Database, rules: Sequence[Rule], newest: int) -> Counter[Change]:
    """Decide anew for the newest parcels, and count. What was reported of their recipients counts as of today."""
    changes: Counter[Change] = Counter()
    with database.reading() as connection:
        rows = connection.execute(_newest(newest)).all()
        for start in range(0, len(rows), _ASKED_TOGETHER):
            group = rows[start : start + _ASKED_TOGETHER]
            histories = history_by_address(connection, [row.email for row in group if row.email])
            for row in group:
                decision = decide(_announcement(row, histories.get(row.email, History())), rules)
                changes[_change(row, decision)] += 1
    return changes


def _newest(count: int) -> sa.Select[Any]:
    parcels, holders = tables.parcels, tables.holders
    recipient = sa.and_(holders.c.parcel_id == parcels.c.id, holders.c.kind == HolderKind.RECIPIENT.value)
    query = sa.select(parcels, holders.c.email, holders.c.postcode, holders.c.language)
    return query.join(holders, recipient).order_by(parcels.c.announced_at.desc(), parcels.c.id.desc()).limit(count)


def _announcement(row: Any, history: History) -> Announcement:
    return Announcement(
        reference=row.reference,
        recipient=Person("", row.email, row.language, row.postcode),
        sender=row.sender,
        value=Decimal(row.value_thousandths) / 1000,
        currency=row.currency,
        destination=Destination(row.destination),
        gift=row.gift,
        sender_wish=row.sender_wish,
        history=history,
    )


def _change(row: Any, decision: Decision) -> Change:
    return Change(row.code_required, row.reason, decision.code_required, decision.reason)
