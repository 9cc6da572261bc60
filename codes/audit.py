"""A full audit of the store: everything a proof rests on is computed anew, and each difference is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from codes import tables
from codes.auditing_log import audit_against, audit_checkpoints, audit_leaves
from codes.chain import BEGINNING, next_link
from codes.checkpoint import Checkpoint
from codes.comparison import NO_EVENT, Comparison, Standing
from codes.database import Database
from codes.expectation import Told
from codes.findings import Finding
from codes.keyring import KeyRing
from codes.model import EventKind

TOGETHER = 2000
"""So many parcels are held in memory at once."""
ASKED = 900
"""So many ids go into one query."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at, and what was found."""

    events: int
    parcels: int
    checkpoints: int
    findings: tuple[Finding, ...]


def audit(
    database: Database,
    public_key: Ed25519PublicKey,
    ring: KeyRing,
    *,
    against: Checkpoint | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Audit:
    """Check every chain, every fact that stands beside it, the log, and the checkpoints; optionally an older one.

    It all is read in one transaction, so that the service may go on.
    """
    with database.reading() as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        chains = Chains(connection, ring)
        for count in chains.walk():
            progress(count)
        findings = [*chains.findings, *audit_leaves(connection, chains.links)]
        checkpoints: list[Checkpoint] = []
        findings += audit_checkpoints(connection, public_key, checkpoints)
        if against is not None:
            findings += audit_against(connection, checkpoints, public_key, against)
    return Audit(chains.events, chains.parcels, len(checkpoints), tuple(dict.fromkeys(findings)))


class Chains:
    """Walks all parcels in the order of their ids, some at a time, with all rows that belong to them."""

    def __init__(self, connection: sa.Connection, ring: KeyRing) -> None:
        leaves, devices = tables.log_leaves, tables.devices
        self._connection = connection
        points = {row.id: row.public_key for row in connection.execute(sa.select(devices.c.id, devices.c.public_key))}
        self._comparison = Comparison(ring, points)
        logged = connection.execute(sa.select(leaves.c.parcel_id, leaves.c.position))
        self.links: dict[tuple[UUID, int], bytes] = {(row.parcel_id, row.position): b"" for row in logged}
        self.events = self.parcels = 0
        self.findings: list[Finding] = []
        self._verified: set[UUID] = set()

    def walk(self) -> Iterator[int]:
        """Check everything; yields how many events were read so far."""
        after: UUID | None = None
        while True:
            parcels = tables.parcels
            ids = sa.select(parcels.c.id).order_by(parcels.c.id).limit(TOGETHER)
            if after is not None:
                ids = ids.where(parcels.c.id > after)
            some = list(self._connection.execute(ids).scalars())
            self._check(after, some[-1] if some else None)
            yield self.events
            if not some:
                break
            after = some[-1]
        self._check_unknown_verifications()

    def _check(self, after: UUID | None, until: UUID | None) -> None:
        """Check the parcels after one id up to another; the rows of parcels that are not there come with them."""
        standing: dict[UUID, Standing] = {}
        told: dict[UUID, list[Told]] = {}
        links: dict[UUID, list[tuple[str, bytes]]] = {}
        for row in self._between(tables.parcels, tables.parcels.c.id, after, until):
            standing.setdefault(row.id, Standing()).parcel = row
            self.parcels += 1
        for row in self._between(tables.handovers, tables.handovers.c.parcel_id, after, until):
            standing.setdefault(row.parcel_id, Standing()).handover = row
        for table in (tables.holders, tables.codes, tables.delivery_attempts, tables.reports, tables.messages):
            for row in self._between(table, table.c.parcel_id, after, until):
                getattr(standing.setdefault(row.parcel_id, Standing()), table.name).append(row)
        events = tables.events.c
        for row in self._between(tables.events, events.parcel_id, after, until, events.position):
            self.events += 1
            standing.setdefault(row.parcel_id, Standing())
            links.setdefault(row.parcel_id, []).append((row.facts, row.link))
            event = self._read(row)
            told.setdefault(row.parcel_id, []).append(event)
        presented: list[Told] = []
        for parcel_id, rows in standing.items():
            events_told = told.get(parcel_id, [])
            head = self._follow(parcel_id, events_told, links.get(parcel_id, []))
            if head is not None:
                self.findings += self._comparison.parcel(parcel_id, rows, events_told, head)
                presented += [event for event in events_told if event.kind == EventKind.PRESENTED]
        self._check_verifications(presented)

    def _read(self, row: Any) -> Told:
        try:
            facts = json.loads(row.facts)
        except ValueError:
            facts = {}
        return Told(row.position, row.kind, row.at, facts if isinstance(facts, dict) else {})

    def _follow(self, parcel_id: UUID, events: Sequence[Told], links: Sequence[tuple[str, bytes]]) -> bytes | None:
        """Return the end of a chain, or None where it breaks; the break is found and named."""
        previous = BEGINNING
        for position, (event, (facts, stands)) in enumerate(zip(events, links, strict=True), start=1):
            where = f"{parcel_id}/{position}"
            if event.position != position:
                self.findings.append(Finding("events", where, f"is missing; {event.position} stands in its place"))
                return None
            link = next_link(parcel_id, position, event.kind, event.at, facts, previous)
            if link != stands:
                self.findings.append(Finding("events", where, "it, or the one before, was altered"))
                return None
            if (parcel_id, position) in self.links:
                self.links[parcel_id, position] = link
            previous = link
        return previous

    def _check_verifications(self, presented: Sequence[Told]) -> None:
        table = tables.verifications
        ids = sorted({UUID(str(event.facts["presentation"])) for event in presented})
        rows: dict[UUID, Any] = {}
        for start in range(0, len(ids), ASKED):
            some = sa.select(table).where(table.c.presentation_id.in_(ids[start : start + ASKED]))
            rows.update({row.presentation_id: row for row in self._connection.execute(some)})
        for event in presented:
            self.findings += self._comparison.verification(event, rows.get(UUID(event.facts["presentation"])))
        self._verified.update(ids)

    def _check_unknown_verifications(self) -> None:
        """Name verifications of known parcels that no event tells of; those of unknown parcels have no chain."""
        table, parcels = tables.verifications, tables.parcels
        columns = sa.select(table.c.presentation_id, table.c.answer)
        for row in self._connection.execute(columns.execution_options(yield_per=ASKED)).all():
            if row.presentation_id in self._verified:
                continue
            references = [each["reference"] for each in json.loads(row.answer)["parcels"]]
            known = sa.select(parcels.c.id).where(parcels.c.reference.in_(references))
            if self._connection.execute(known).first():
                self.findings.append(Finding("verifications", str(row.presentation_id), NO_EVENT))

    def _between(
        self, table: sa.Table, column: Any, after: UUID | None, until: UUID | None, *then: Any
    ) -> Sequence[Any]:
        query = sa.select(table).order_by(column, *then)
        query = query if after is None else query.where(column > after)
        query = query if until is None else query.where(column <= until)
        return self._connection.execute(query).all()
