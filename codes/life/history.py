"""What happened to earlier parcels of the same recipient."""

from __future__ import annotations

import sqlalchemy as sa

from codes import tables
from codes.model import CONTESTS, History, Realm, ReportKind
from codes.store.clauses import in_realm, recipient_of_parcel
from codes.store.transaction import Transaction
from codes.values.folding import fold_address


def history_by_address(t: Transaction, addresses: list[str]) -> dict[str, History]:
    """Count what was reported of earlier parcels, by the recipient's folded address; test parcels are none."""
    holders, reports, parcels = tables.holders, tables.reports, tables.parcels
    rows = t.connection.execute(
        sa.select(holders.c.email_folded, reports.c.kind, sa.func.count())
        .select_from(parcels)
        .join(holders, recipient_of_parcel())
        .join(reports, reports.c.parcel_id == parcels.c.id)
        .where(in_realm(Realm.LIVE), reports.c.withdrawn_at.is_(None))
        .where(holders.c.email_folded.in_(sorted(set(map(fold_address, addresses)))))
        .group_by(holders.c.email_folded, reports.c.kind)
    )
    counts: dict[str, dict[str, int]] = {}
    for address, kind, count in rows:
        counts.setdefault(address, {})[kind] = count
    return {
        address: History(
            disputes=sum(kinds.get(kind, 0) for kind in CONTESTS),
            losses=kinds.get(ReportKind.LOST, 0),
        )
        for address, kinds in counts.items()
    }
