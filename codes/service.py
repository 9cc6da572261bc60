"""The domain's front door: delivery codes over one store and one key ring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes import tables
from codes.access import Access
from codes.alarm import Alarm, watch
from codes.announcing import AnnouncedParcel, announce
from codes.answers import Recorded
from codes.api_keys import ApiKeys
from codes.approach import Approach
from codes.asking_again import bear_one_more
from codes.collecting import Collecting
from codes.committing import GroupCommitter, Settle
from codes.contests import Contests
from codes.counting import Counting
from codes.database import Database
from codes.delegates import Delegates
from codes.depots import Depots
from codes.devices import Devices
from codes.erasing import Erasing
from codes.events import RecordedEvent, events_of
from codes.glance import Glance
from codes.idempotency import Idempotency
from codes.identifiers import normalise_reference
from codes.imports import Imports
from codes.issuing import Issuing
from codes.kept import KeptConnection, to_be_kept
from codes.keyring import (
    KeyRingFile,
)
from codes.log import Log
from codes.model import Announcement, Answer
from codes.outbox import Outbox
from codes.parcels import (
    ParcelRecord,
    ToDecide,
    UnknownParcel,
    parcel_named,
    parcels_listed,
    parcels_of_person,
    parcels_to_decide,
)
from codes.pickup_points import PickupPoints
from codes.policy import Rule
from codes.presentation import BadSignature, Presentation, Purpose, verify_signature
from codes.presenting import Check, Judging
from codes.proofs import Proofs
from codes.redirecting import Redirecting
from codes.reminding import Reminding
from codes.runner import run
from codes.second_factor import SecondFactors
from codes.settings import CodeSettings, RetentionSettings
from codes.shifts import Shifts
from codes.shops import Shops
from codes.signs import Signs
from codes.staff_log import StaffLog
from codes.stays import Stays
from codes.telling import Telling
from codes.throttling import Throttle
from codes.tickets import Notice, Showing, Ticket, notice_of_message, ticket_of_holder, ticket_of_key
from codes.tours import Tours
from codes.trips import Steps
from codes.visits import Visits
from codes.webhook_queue import WebhookQueue
from codes.webhooks import Webhooks
from codes.wishes import Wishes

if TYPE_CHECKING:
    from codes.lanes import Lanes

ANNOUNCED_TOGETHER = 500
HOLDER = "holder"


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
        self.visits = Visits(database, ring, self._issuing, clock, settings=settings)
        lifetime = timedelta(days=settings.lifetime_days)
        self.erasing = Erasing(database, clock, retention or RetentionSettings(), lifetime)
        self.contests = Contests(database, clock, settings.contest_days)
        self.tours = Tours(database, ring, clock, settings)
        self.wishes = Wishes(database, clock, settings.wishes)
        self.redirecting = Redirecting(database, clock)
        self.telling = Telling(database, self._showing, clock)
        self.settings = settings
        self.signs = Signs(database, clock)
        self.glance = Glance(database)
        self.pickup_points = PickupPoints(database, clock)
        self.stays = Stays(database, clock)
        self.counting = Counting(database, clock)
        self.collecting = Collecting(database, self.devices, self._judging, clock)
        self.depots = Depots(database)
        self.shifts = Shifts(database, clock, timedelta(minutes=settings.counter_idle_minutes))
        self.reminding = Reminding(database, clock, settings)
        self.retention = retention or RetentionSettings()
        self.imports = Imports(database, clock)
        self.shops = Shops(database, ring, clock)
        self.webhooks = Webhooks(database, ring, clock)
        self.webhook_queue = WebhookQueue(database, ring, clock)
        self.rules = rules
        self._kept = KeptConnection(database)
        self._committer: GroupCommitter[Presentation, Recorded] = GroupCommitter(self._present_group)
        self._lanes = None if database.is_sqlite else self._lanes_to_postgresql()

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
        self._check_signature(presentation)
        return self._committer.submit(presentation).answer

    def hand_in(self, presentation: Presentation, settle: Settle[Recorded]) -> None:
        """Judge one presentation without waiting; in any thread, ``settle`` gets its answer or what `present` raises.

        To be called on an event loop. Raises CommitterClosed.
        """
        if self._lanes is None:
            self._hand_on(presentation, settle)
        else:
            self._lanes.hand_in(presentation, settle)

    def _hand_on(self, presentation: Presentation, settle: Settle[Recorded]) -> None:
        """Let the committing thread judge a presentation."""
        try:
            self._check_signature(presentation)
        except BadSignature as error:
            settle(error)
            return
        self._committer.hand_in(presentation, settle)

    def _check_signature(self, presentation: Presentation) -> None:
        if presentation.purpose is not Purpose.RELEASE:
            raise BadSignature("the device signed that it asks, not that it hands over")
        verify_signature(self.devices.key_of(presentation.device_id), presentation)

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
            return watch(connection, self.settings.house_wrong_digits_per_hour, self.clock())

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

    def parcels_of(self, who: str, *, limit: int = 100) -> list[ParcelRecord]:
        """Return the newest parcels of a recipient or sender: by name, address, phone, consignment or number's end."""
        with self.database.reading() as connection:
            return parcels_of_person(connection, who, limit)

    def parcels_to_decide(self, which: ToDecide, *, limit: int = 100) -> list[ParcelRecord]:
        """Return the newest parcels about which somebody of the house has to decide."""
        with self.database.reading() as connection:
            return parcels_to_decide(connection, which, limit)

    def events(self, parcel_id: UUID) -> list[RecordedEvent]:
        """Return everything that happened to a parcel, in order."""
        with self.database.reading() as connection:
            return events_of(connection, parcel_id)

    def ticket(self, ticket_key: str) -> Ticket | None:
        """Return the ticket at this unguessable address."""
        with self.database.reading() as connection:
            return ticket_of_key(connection, self._showing(), ticket_key)

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
        if self._lanes is not None:
            self._lanes.close()
        self._committer.close()
        self._kept.close()
        self.glance.close()
        self.database.close()

    def _showing(self) -> Showing:
        return Showing(
            ring=self.ring(),
            now=self.clock(),
            wrong_digits_borne=self.settings.wrong_digits_per_parcel,
            code_lifetime=timedelta(days=self.settings.lifetime_days),
            contest_time=timedelta(days=self.settings.contest_days),
            shown_afterwards=timedelta(days=self.retention.tickets_days),
        )

    def _issuing(self) -> Issuing:
        return Issuing(self.ring(), timedelta(days=self.settings.lifetime_days))

    def _judging(self) -> Judging:
        return Judging(self.ring(), self.settings)

    def _announce_group(self, announcements: Sequence[Announcement]) -> list[AnnouncedParcel]:
        now = self.clock()
        return self.database.transact(
            lambda connection: announce(connection, self._issuing(), self.rules, announcements, now)
        )

    def _present_group(self, presentations: Sequence[Presentation]) -> list[Recorded | Exception]:
        return self._kept.transact(lambda connection: run(connection, self._presenting(presentations)))

    def _presenting(
        self, presentations: Sequence[Presentation], check: Check | None = None
    ) -> Steps[list[Recorded | Exception]]:
        return (yield from self._judging().present_all(presentations, self.clock(), check))

    def _lanes_to_postgresql(self) -> Lanes[Presentation, Recorded]:
        from codes.lanes import Lanes

        def steps(presentations: Sequence[Presentation]) -> Steps[list[Recorded | Exception]]:
            return self._presenting(presentations, self._check_signature)

        return Lanes(lambda: to_be_kept(self.database), steps, self._hand_on)
