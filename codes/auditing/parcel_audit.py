"""The audit of some consignments: their parcels' chains are followed, and all rows held against what these tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from codes.auditing.comparison import Comparison, StandingConsignment, StandingParcel
from codes.auditing.expectation import Expected, ToldEvent
from codes.auditing.findings import Finding
from codes.auditing.following import Chain, no_head
from codes.auditing.stretches import OF_A_PARCEL, PRESENTED, Stretch
from codes.proving.house import HOUSE


def audit_parcels(stretch: Stretch, comparison: Comparison) -> Iterator[Finding]:
    """Name everything in a stretch that is not as the chains of its parcels tell."""
    chains: dict[str, Chain] = {}
    presented: list[ToldEvent] = []
    consignments = _by_consignment(stretch)
    told: dict[str, list[Expected] | None] = {consignment_id: [] for consignment_id in consignments}
    for parcel_id, standing in _by_parcel(stretch).items():
        consignment_id = standing.parcel.consignment_id if standing.parcel is not None else ""
        chain = chains[parcel_id] = Chain(parcel_id)
        events = list(chain.follow(standing.events))
        if chain.broken:
            yield chain.broken
            told[consignment_id] = None
            continue
        among = consignments.get(consignment_id) or StandingConsignment()
        expected = yield from comparison.parcel(parcel_id, standing, among, events, chain.head)
        of_consignment = told.setdefault(consignment_id, [])
        if expected is not None and of_consignment is not None:
            of_consignment.append(expected)
        presented += [event for event in events if event.kind == PRESENTED]
    for leaf in stretch.rows["log_leaves"]:
        chain = chains.get(leaf.parcel_id) or Chain(leaf.parcel_id)
        if leaf.parcel_id != str(HOUSE) and not chain.has(leaf.position, leaf.link):
            yield no_head(leaf)
    for consignment_id, tellings in told.items():
        if consignment_id and tellings is not None:
            standing_rows = consignments.get(consignment_id) or StandingConsignment()
            yield from comparison.consignment(consignment_id, standing_rows, tellings)
    yield from comparison.verifications(presented, stretch.rows["verifications"], stretch.points)


def _by_parcel(stretch: Stretch) -> dict[str, StandingParcel]:
    standing: dict[str, StandingParcel] = defaultdict(StandingParcel)
    for row in stretch.rows["parcels"]:
        standing[row.id].parcel = row
    for row in stretch.rows["events"]:
        standing[row.parcel_id].events.append(row)
    for table in OF_A_PARCEL:
        for row in stretch.rows[table.name]:
            getattr(standing[row.parcel_id], table.name).append(row)
    return standing


def _by_consignment(stretch: Stretch) -> dict[str, StandingConsignment]:
    standing: dict[str, StandingConsignment] = defaultdict(StandingConsignment)
    for row in stretch.rows["consignments"]:
        standing[row.id].consignment = row
    for row in stretch.rows["holders"]:
        standing[row.consignment_id].holders.append(row)
    for row in stretch.rows["codes"]:
        standing[row.consignment_id].codes.append(row)
    return standing
