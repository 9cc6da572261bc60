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
from codes.life.policy import Rule, apply_policy
from codes.model import Announcement, Destination, History, Person
from codes.store.clauses import recipient_of_parcel
from codes.store.transaction import Transaction
from codes.values.folding import fold_address

_ASKED_TOGETHER = 500


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A decision as it was taken, and what it would be."""

    was_required: bool
    was_reason: str
    required: bool
    reason: str


def rehearse(t: Transaction, rules: Sequence[Rule], newest: int) -> Counter[Change]:
    """Decide anew for the newest parcels, and count. What was reported of their recipients counts as of today."""
    changes: Counter[Change] = Counter()
    rows = t.connection.execute(_newest(newest)).all()
    for start in range(0, len(rows), _ASKED_TOGETHER):
        group = rows[start : start + _ASKED_TOGETHER]
        histories = history_by_address(t, [row.email for row in group if row.email])
        for row in group:
            decision = apply_policy(_announcement(row, histories.get(fold_address(row.email or ""), History())), rules)
            changes[Change(row.code_required, row.reason, decision.code_required, decision.reason)] += 1
    return changes


def _newest(count: int) -> sa.Select[Any]:
    parcels, holders, consignments = tables.parcels, tables.holders, tables.consignments
    query = (
        sa.select(parcels, consignments.c.sender, holders.c.email, holders.c.postcode, holders.c.language)
        .select_from(parcels)
        .join(consignments, consignments.c.id == parcels.c.consignment_id)
        .join(holders, recipient_of_parcel())
    )
    return query.order_by(parcels.c.announced_at.desc(), parcels.c.id.desc()).limit(count)


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
