"""What happened to earlier parcels of the same recipient."""

from __future__ import annotations

import sqlalchemy as sa

from codes import tables
from codes.identifiers import TEST_PARCELS
from codes.model import History, HolderKind, ReportKind


def history_by_address(connection: sa.Connection, addresses: list[str]) -> dict[str, History]:
    """Count what was reported of earlier parcels, by the recipient's address in lower case; test parcels are none."""
    holders, reports, parcels = tables.holders, tables.reports, tables.parcels
    rows = connection.execute(
        sa.select(holders.c.email, reports.c.kind, sa.func.count())
        .join(reports, reports.c.parcel_id == holders.c.parcel_id)
        .join(parcels, parcels.c.id == holders.c.parcel_id)
        .where(~parcels.c.reference.startswith(TEST_PARCELS))
        .where(holders.c.email.in_(sorted(set(addresses))), holders.c.kind == HolderKind.RECIPIENT.value)
        .group_by(holders.c.email, reports.c.kind)
    )
    counts: dict[str, dict[str, int]] = {}
    for address, kind, count in rows:
        counts.setdefault(address, {})[kind] = count
    return {
        address: History(
            disputes=kinds.get(ReportKind.NOT_RECEIVED, 0) + kinds.get(ReportKind.OPENED, 0),
            losses=kinds.get(ReportKind.LOST, 0),
        )
        for address, kinds in counts.items()
    }
