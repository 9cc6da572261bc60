"""A full audit of the store: everything a proof rests on is computed anew, and each difference is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from codes import tables
from codes.auditing.checked import CheckedStretches
from codes.auditing.checkers import check_all
from codes.auditing.comparison import NO_EVENT, Comparison
from codes.auditing.expectation import ToldEvent
from codes.auditing.findings import Finding
from codes.auditing.house_audit import audit_house
from codes.auditing.log_audit import audit_against, audit_checkpoints, audit_leaves, audit_unsealed, read_nodes
from codes.auditing.plain import plain
from codes.auditing.stretches import Points, Stretch, read_stretches, verifications_of
from codes.keys.keyring import KeyRing
from codes.proving.checkpoint import Checkpoint
from codes.store.database import Database


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at, and what was found."""

    events: int
    parcels: int
    checkpoints: int
    findings: tuple[Finding, ...]
    known: int = 0
    """So many of the events had been found in order by an audit that was stopped, and no row of them had changed."""


def audit(
    database: Database,
    public_key: Ed25519PublicKey,
    ring: KeyRing,
    *,
    against: Checkpoint | None = None,
    checked: CheckedStretches | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Audit:
    """Check every chain, every fact that stands beside it, the log, and the checkpoints; optionally an older one.

    It all is read in one transaction, so that the service may go on. ``progress`` hears how many events of how many
    were read; if it raises, the next audit with the same ``checked`` need not compute all of it again.
    """
    with database.reading() as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        return audit_within(connection, public_key, ring, against=against, checked=checked, progress=progress)


def audit_within(
    connection: sa.Connection,
    public_key: Ed25519PublicKey,
    ring: KeyRing,
    *,
    against: Checkpoint | None = None,
    checked: CheckedStretches | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Audit:
    """Audit what a transaction sees."""
    parcels = _Parcels(connection, ring)
    findings = list(parcels.walk(checked, progress))
    nodes = read_nodes(connection)
    findings += [*audit_unsealed(connection), *audit_leaves(connection, nodes)]
    checkpoints: list[Checkpoint] = []
    findings += audit_checkpoints(connection, public_key, checkpoints, nodes)
    if against is not None:
        findings += audit_against(nodes, checkpoints, public_key, against)
    return Audit(parcels.events, parcels.parcels, len(checkpoints), tuple(dict.fromkeys(findings)), parcels.known)


class _Parcels:
    """The walk over all parcels, and what the verifications of all together have to be."""

    def __init__(self, connection: sa.Connection, ring: KeyRing) -> None:
        self._connection = connection
        self._points: Points = {
            row.id: row.public_key for row in connection.execute(plain(tables.devices, "id", "public_key"))
        }
        self._comparison = Comparison(ring)
        self._verified: set[str] = set()
        self.events = self.parcels = self.known = 0

    def walk(self, checked: CheckedStretches | None, progress: Callable[[int, int], None]) -> Iterator[Finding]:
        """Check everything."""
        yield from audit_house(self._connection, self._presented_to_nobody)
        events = self._connection.execute(sa.select(sa.func.count()).select_from(tables.events)).scalar_one()
        stretches = self._read(checked, lambda: progress(self.events, events))
        for digest, findings in check_all(stretches, self._comparison, events):
            yield from findings
            if checked is not None and not findings:
                checked.add(digest)
        yield from self._unknown_verifications()

    def _read(self, checked: CheckedStretches | None, progress: Callable[[], None]) -> Iterator[tuple[str, Stretch]]:
        """Read everything; yields what has to be checked, and the digest under which it is noted then."""
        for stretch in read_stretches(self._connection, self._points):
            self._verified |= {row.presentation_id for row in stretch.rows["verifications"]}
            self.parcels += len(stretch.rows["parcels"])
            self.events += (events := len(stretch.rows["events"]))
            digest = checked.digest(stretch.written) if checked is not None else ""
            if checked is not None and digest in checked:
                self.known += events
            else:
                yield digest, stretch
            progress()

    def _presented_to_nobody(self, events: Sequence[ToldEvent]) -> Iterator[Finding]:
        rows = verifications_of(self._connection, [event.facts for event in events])
        self._verified |= {row.presentation_id for row in rows}
        return self._comparison.verifications(events, rows, self._points)

    def _unknown_verifications(self) -> Iterator[Finding]:
        """Name verifications that no event tells of."""
        for row in self._connection.execute(plain(tables.verifications, "presentation_id")):
            if row.presentation_id not in self._verified:
                yield Finding("verifications", row.presentation_id, NO_EVENT)
