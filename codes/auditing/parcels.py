"""The audit of some parcels: their chains are followed, and all rows held against what these tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from codes.auditing.comparison import Comparison, Standing
from codes.auditing.expectation import Told
from codes.auditing.findings import Finding
from codes.auditing.following import Chain, no_head
from codes.auditing.stretches import OF_A_PARCEL, PRESENTED, Stretch
from codes.proving.house import HOUSE


def audit_parcels(stretch: Stretch, comparison: Comparison) -> Iterator[Finding]:
    """Name everything in a stretch that is not as the chains of its parcels tell."""
    chains: dict[str, Chain] = {}
    presented: list[Told] = []
    for parcel_id, standing in _by_parcel(stretch).items():
        chain = chains[parcel_id] = Chain(parcel_id)
        events = list(chain.follow(standing.events))
        if chain.broken:
            yield chain.broken
            continue
        yield from comparison.parcel(parcel_id, standing, events, chain.head)
        presented += [event for event in events if event.kind == PRESENTED]
    for leaf in stretch.rows["log_leaves"]:
        chain = chains.get(leaf.parcel_id) or Chain(leaf.parcel_id)
        if leaf.parcel_id != str(HOUSE) and not chain.has(leaf.position, leaf.link):
            yield no_head(leaf)
    yield from comparison.verifications(presented, stretch.rows["verifications"], stretch.points)


def _by_parcel(stretch: Stretch) -> dict[str, Standing]:
    standing: dict[str, Standing] = defaultdict(Standing)
    for row in stretch.rows["parcels"]:
        standing[row.id].parcel = row
    for row in stretch.rows["events"]:
        standing[row.parcel_id].events.append(row)
    for table in OF_A_PARCEL:
        for row in stretch.rows[table.name]:
            getattr(standing[row.parcel_id], table.name).append(row)
    return standing
