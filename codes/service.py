"""The domain's front door: delivery codes over one store and one key ring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes import tables
from codes.access import Access
from codes.alarm import Alarm, watch
from codes.api_keys import ApiKeys
from codes.approach import Approach
from codes.asking_again import bear_one_more
from codes.committing import GroupCommitter
from codes.contests import Contests
from codes.database import Database
from codes.delegates import Delegates
from codes.devices import Devices
from codes.erasing import Erasing
from codes.events import RecordedEvent, events_of
from codes.idempotency import Idempotency
from codes.identifiers import normalise_reference
from codes.issuing import AnnouncedParcel, Issuing
from codes.kept import KeptConnection
from codes.keyring import (
    KeyRingFile,
    KeyRingMissing,
    WrongKeyRing,
    new_key_ring,
    read_key_ring,
    write_key_ring,
)
from codes.log import Log
from codes.model import Announcement, Answer
from codes.outbox import Outbox
from codes.parcels import ParcelRecord, UnknownParcel, parcel_named, parcels_listed
from codes.policy import Rule
from codes.presentation import Presentation, verify_signature
from codes.presenting import Judging
from codes.proofs import Proofs
from codes.reminding import Reminding
from codes.second_factor import SecondFactors
from codes.settings import CodeSettings, RetentionSettings
from codes.signs import Signs
from codes.staff_log import StaffLog
from codes.throttling import Throttle
from codes.tickets import Notice, Showing, Ticket, notice_of_message, ticket_of_holder, ticket_of_key, version_at
from codes.tours import Tours
from codes.visits import Visits

ANNOUNCED_TOGETHER = 500
HOLDER = "holder"
RING_NAME = "key_ring"


class DeliveryCodes:
    """Announces parcels, issues their codes, and judges what is presented. Safe to use from many threads."""

    def __init__(
        self,
        database: Database,
        ring: KeyRingFile,
        sealing_key: Ed25519PrivateKey,
        settings: CodeSettings,
        rules: Sequence[Rule],
        clock: Callable[[], datetime],
        retention: RetentionSettings | None = None,
    ) -> None:
        self.database = database
        self.outbox = Outbox(database)
        self.access = Access(database, clock)
        self.second_factors = SecondFactors(database, ring, clock)
        self.throttle = Throttle(database, clock)
        self.api_keys = ApiKeys(database, clock)
        self.idempotency = Idempotency(database, clock)
        self.staff_log = StaffLog(database, clock)
        self.devices = Devices(database, clock, timedelta(minutes=settings.enrolment_minutes))
        self.clock = clock
        self.ring = ring
        self.log = Log(database, sealing_key, clock)
        self.proofs = Proofs(database, self.log)
        self.approach = Approach(database, clock)
        self.delegates = Delegates(database, ring, self._issuing, clock)
        self.visits = Visits(database, ring, self._issuing, clock, renew_after_visit=settings.renew_after_visit)
        lifetime = timedelta(days=settings.lifetime_days)
        self.erasing = Erasing(database, clock, retention or RetentionSettings(), lifetime)
        self.contests = Contests(database, clock, settings.contest_days)
        self.tours = Tours(database, ring, clock, settings)
        self.signs = Signs(database, clock)
        self.reminding = Reminding(database, clock, settings)
        self._settings = settings
        self._rules = rules
        self._kept = KeptConnection(database)
        self._committer: GroupCommitter[Presentation, Answer] = GroupCommitter(self._present_group)

    def announce(self, announcements: Sequence[Announcement]) -> list[AnnouncedParcel]:
        """Announce parcels, issue the codes they need, and queue the messages; in groups, each all or nothing.

        Announcing the same again changes nothing. Raises BadReference.
        """
        results: list[AnnouncedParcel] = []
        for start in range(0, len(announcements), ANNOUNCED_TOGETHER):
            results += self._announce_group(announcements[start : start + ANNOUNCED_TOGETHER])
        return results

    def present(self, presentation: Presentation) -> Answer:
        """Judge one presentation. When this returns, its answer is on the disk.

        Raises BadSignature, or a PresentationRefused; a database error means that the outcome is unknown and
        the same presentation is to be sent again.
        """
        verify_signature(self.devices.key_of(presentation.device_id), presentation)
        return self._committer.submit(presentation)

    def renew_by_holder(self, holder_id: UUID) -> None:
        """Give a holder the new code they asked for. Raises NothingToRenew or TooOften."""
        now = self.clock()
        with self.database.writing() as connection:
            parcel_id = bear_one_more(connection, holder_id, now)
            self._issuing().renew(connection, parcel_id, holder_id, HOLDER, now)

    def send_again_to_holder(self, holder_id: UUID) -> None:
        """Queue the message with the same code once more, as its holder asked. Raises TooOften."""
        now = self.clock()
        with self.database.writing() as connection:
            bear_one_more(connection, holder_id, now)
            self._issuing().send_again(connection, holder_id, now)

    def renew(self, holder_id: UUID, by: str) -> None:
        """Give a holder a new code; the old one is dead from now on. Raises NothingToRenew."""
        now = self.clock()
        with self.database.writing() as connection:
            parcel_id = connection.execute(
                sa.select(tables.holders.c.parcel_id).where(tables.holders.c.id == holder_id)
            ).scalar_one()
            self._issuing().renew(connection, parcel_id, holder_id, by, now)

    def revoke(self, reference: str, by: str) -> int:
        """Withdraw every live code of a parcel; returns how many there were. Raises UnknownParcel."""
        parcel = self.parcel(reference)
        if parcel is None:
            raise UnknownParcel(f"no parcel {reference} was announced")
        with self.database.writing() as connection:
            return self._issuing().revoke(connection, parcel.parcel_id, by, self.clock())

    def renew_stale(self, most: int) -> int:
        """Renew codes that a restore has killed; returns how many, at most ``most``."""
        with self.database.writing() as connection:
            return self._issuing().renew_stale(connection, most, self.clock())

    def alarm(self) -> Alarm:
        """Say whether wrong digits have risen suddenly over the whole house."""
        with self.database.reading() as connection:
            return watch(connection, self._settings.house_wrong_digits_per_hour, self.clock())

    def send_again(self, holder_id: UUID) -> None:
        """Queue the message with the same code once more."""
        with self.database.writing() as connection:
            self._issuing().send_again(connection, holder_id, self.clock())

    def mark_out_for_delivery(self, reference: str) -> None:
        """Record that the parcel left for its recipient; a second time changes nothing. Raises UnknownParcel."""
        self.approach.leave(reference)

    def parcel(self, reference: str) -> ParcelRecord | None:
        """Return what is recorded of a parcel."""
        with self.database.reading() as connection:
            return parcel_named(connection, normalise_reference(reference))

    def parcels(self, *, search: str = "", limit: int = 100) -> list[ParcelRecord]:
        """Return the newest parcels, of those whose reference begins with ``search``."""
        with self.database.reading() as connection:
            return parcels_listed(connection, search, limit)

    def events(self, parcel_id: UUID) -> list[RecordedEvent]:
        """Return everything that happened to a parcel, in order."""
        with self.database.reading() as connection:
            return events_of(connection, parcel_id)

    def ticket(self, ticket_key: str) -> Ticket | None:
        """Return the ticket at this unguessable address."""
        with self.database.reading() as connection:
            return ticket_of_key(connection, self._showing(), ticket_key)

    def ticket_version(self, ticket_key: str) -> int | None:
        """Return a number that grows with whatever happens to the parcel of the ticket at this address."""
        with self.database.reading() as connection:
            return version_at(connection, ticket_key)

    def ticket_of(self, holder_id: UUID) -> Ticket | None:
        """Return a holder's ticket."""
        with self.database.reading() as connection:
            return ticket_of_holder(connection, self._showing(), holder_id)

    def notice(self, message_id: UUID) -> Notice | None:
        """Return what a message in the outbox has to say, its code derived at this moment."""
        with self.database.reading() as connection:
            return notice_of_message(connection, self._showing(), message_id)

    def close(self) -> None:
        """Finish what has gathered, then give everything back."""
        self._committer.close()
        self._kept.close()
        self.database.close()

    def _showing(self) -> Showing:
        return Showing(self.ring(), self.clock(), self._settings.wrong_digits_per_parcel)

    def _issuing(self) -> Issuing:
        return Issuing(self.ring(), self._rules, timedelta(days=self._settings.lifetime_days))

    def _announce_group(self, announcements: Sequence[Announcement]) -> list[AnnouncedParcel]:
        now = self.clock()
        return self.database.transact(lambda connection: self._issuing().announce(connection, announcements, now))

    def _present_group(self, presentations: Sequence[Presentation]) -> list[Answer | Exception]:
        now, judging = self.clock(), Judging(self.ring(), self._settings)
        return self._kept.transact(lambda connection: judging.present_all(connection, presentations, now))


def open_key_ring(path: Path, database: Database, clock: Callable[[], datetime]) -> KeyRingFile:
    """Read the key ring that belongs to this database; make one only for a database that never had any.

    Raises KeyRingMissing, KeyRingUnreadable or WrongKeyRing: a lost key file is a stop, never a new key.
    """
    table = tables.installation
    with database.reading() as connection:
        known = connection.execute(sa.select(table.c.value).where(table.c.name == RING_NAME)).scalar()
    if known is None:
        return _first_key_ring(path, database, clock)
    ring = read_key_ring(path)
    if ring.ring_id != known:
        raise WrongKeyRing(f"{path} belongs to another database; put the key file of this one back")
    return KeyRingFile(path, ring)


def _first_key_ring(path: Path, database: Database, clock: Callable[[], datetime]) -> KeyRingFile:
    """Give a new database its key ring: the one that lies there, or a fresh one.

    The database names the ring before its file is written, so of two processes that start at once one gives way.
    """
    try:
        ring = read_key_ring(path)
    except KeyRingMissing:
        ring = new_key_ring(clock())
    try:
        with database.writing() as connection:
            connection.execute(sa.insert(tables.installation).values(name=RING_NAME, value=ring.ring_id))
            write_key_ring(path, ring)
    except sa.exc.IntegrityError:
        return open_key_ring(path, database, clock)
    return KeyRingFile(path, ring)
