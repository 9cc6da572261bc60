"""The unit of work: what every use case is given.

A use case is a function whose first argument is a `Transaction`. It can call another one; then both are one
transaction. `DeliveryCodes.write` and `DeliveryCodes.read` open one and call a use case with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.keyring import KeyRing
from codes.model import Channel, MessageKind
from codes.proving import events
from codes.proving.events import Event
from codes.settings import CodeSettings, HouseSettings, RetentionSettings
from codes.store.budgets import EVENTS_BY_HOUSE, MOST_EVENTS, Budget, spend
from codes.store.parcel_rows import lock_parcels
from codes.tables.base import uuid7

REPEATABLE = frozenset(
    {
        MessageKind.DELIVERY_DAY,
        MessageKind.DRIVER_NEAR,
        MessageKind.NOT_HANDED_OVER,
        MessageKind.READY_TO_COLLECT,
        MessageKind.COLLECT_SOON,
    }
)
"""What devices and staff can have told again and again, for each parcel of a consignment."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction under way: its connection, its moment, and the keys and settings that hold in it."""

    connection: sa.Connection
    now: datetime
    ring: KeyRing
    settings: CodeSettings
    retention: RetentionSettings
    house: HouseSettings

    @property
    def today(self) -> date:
        """Return the day that it is where the house stands."""
        return self.house.days.day_of(self.now)

    def lock_parcel(self, parcel_id: UUID) -> None:
        """Keep others that lock this parcel, or one of its consignment, waiting until this transaction ends."""
        lock_parcels(self.connection, tables.parcels.c.id == parcel_id)

    def spend(self, what: Budget, subject: UUID, most: int) -> bool:
        """Charge a subject's budget of this day; tells whether it was enough."""
        return spend(self.connection, what, subject, most, self.now.date())

    def takes_more(self, parcel_id: UUID, *, by_house: bool = False) -> bool:
        """Tell whether a parcel's chain takes one thing more; what the house does has a reserve beyond all others."""
        events = sa.select(tables.parcels.c.events).where(tables.parcels.c.id == parcel_id)
        most = MOST_EVENTS + EVENTS_BY_HOUSE if by_house else MOST_EVENTS
        return bool(self.connection.execute(events).scalar_one() < most)

    def spend_for_parcel(self, what: Budget, parcel_id: UUID, most: int, *, by_house: bool = False) -> bool:
        """Charge a parcel's budget of this day; tells whether it was enough, and its chain takes one thing more."""
        return self.spend(what, parcel_id, most) and self.takes_more(parcel_id, by_house=by_house)

    def record(self, *happened: Event) -> None:
        """Append events to the chains of their parcels."""
        if happened:
            events.record(self.connection, happened)

    def queue(
        self, kind: MessageKind, *, parcel_id: UUID, holder_id: UUID, elsewhere: tuple[Channel, str] | None = None
    ) -> None:
        """Queue a message that is due at once; it goes out only if this transaction is committed.

        ``elsewhere`` is where it goes if not to its holder. What can be told again and again has a budget of the
        holder's day; beyond it nothing is queued.
        """
        bounded = kind in REPEATABLE
        if bounded and not self.spend(Budget.MAIL_TO_HOLDER, holder_id, self.settings.budgets.mails_to_holder):
            return
        message = message_row(parcel_id, holder_id, kind, self.now)
        if elsewhere is not None:
            message |= {"channel": elsewhere[0].value, "address": elsewhere[1]}
        self.connection.execute(sa.insert(tables.messages).values(message))


def message_row(parcel_id: UUID, holder_id: UUID, kind: MessageKind, now: datetime) -> dict[str, Any]:
    """Return the outbox row of a message that is due at once."""
    return {
        "id": uuid7(now),
        "parcel_id": parcel_id,
        "holder_id": holder_id,
        "kind": kind.value,
        "queued_at": now,
        "due_at": now,
        "tries": 0,
    }
