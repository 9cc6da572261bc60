"""The domain's front door: delivery codes over one store and one key ring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes import tables
from codes.accounts.access import Access
from codes.accounts.api_keys import ApiKeys
from codes.accounts.devices import Devices
from codes.accounts.second_factor import SecondFactors
from codes.accounts.shifts import Shifts
from codes.accounts.signs import Signs
from codes.accounts.staff_log import StaffLog
from codes.accounts.throttling import Throttle
from codes.delivering.approach import Approach
from codes.delivering.depots import Depots
from codes.delivering.tours import Tours
from codes.delivering.visits import Visits
from codes.identifiers import normalise_reference
from codes.integrations.idempotency import Idempotency
from codes.integrations.shops import Shops
from codes.integrations.webhook_queue import WebhookQueue
from codes.integrations.webhooks import Webhooks
from codes.judging.alarm import Alarm, watch
from codes.judging.answers import Recorded
from codes.judging.collecting import Collecting
from codes.judging.presentation import Presentation
from codes.judging.presenting import Judging
from codes.judging.verifying import Verifying
from codes.keys.keyring import KeyRingFile
from codes.life.announcing import AnnouncedParcel, announce
from codes.life.asking_again import bear_one_more
from codes.life.contests import Contests
from codes.life.delegates import Delegates
from codes.life.erasing import Erasing
from codes.life.imports import Imports
from codes.life.issuing import Issuing
from codes.model import Announcement, Answer
from codes.parcels import (
    ParcelRecord,
    ToDecide,
    UnknownParcel,
    parcel_named,
    parcels_listed,
    parcels_of_person,
    parcels_to_decide,
)
from codes.pickup.counting import Counting
from codes.pickup.points import PickupPoints
from codes.pickup.stays import Stays
from codes.policy import Rule
from codes.proving.events import RecordedEvent, events_of
from codes.proving.log import Log
from codes.proving.proofs import Proofs
from codes.recipients.glance import Glance
from codes.recipients.outbox import Outbox
from codes.recipients.redirecting import Redirecting
from codes.recipients.reminding import Reminding
from codes.recipients.telling import Telling
from codes.recipients.tickets import Notice, Showing, Ticket, notice_of_message, ticket_of_holder, ticket_of_key
from codes.recipients.wishes import Wishes
from codes.settings import CodeSettings, RetentionSettings
from codes.store.committing import Settle
from codes.store.database import Database

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
        self._verifying = Verifying(database, self.devices, self._judging, clock)

    def announce(self, announcements: Sequence[Announcement]) -> list[AnnouncedParcel]:
        """Announce parcels, issue the codes they need, and queue the messages; in groups, each all or nothing.

        Announcing the same again changes nothing. Raises BadReference.
        """
        results: list[AnnouncedParcel] = []
        for start in range(0, len(announcements), ANNOUNCED_TOGETHER):
            results += self._announce_group(announcements[start : start + ANNOUNCED_TOGETHER])
        return results

    def present(self, presentation: Presentation) -> Answer:
        """Judge one presentation, as `Verifying.present` does. When this returns, its answer is on the disk."""
        return self._verifying.present(presentation)

    def hand_in(self, presentation: Presentation, settle: Settle[Recorded]) -> None:
        """Judge one presentation without waiting, from an event loop, as `Verifying.hand_in` does."""
        self._verifying.hand_in(presentation, settle)

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
        self._verifying.close()
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
