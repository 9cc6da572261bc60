"""For recipients without a smartphone: a member of staff reads the digits out by phone, or prints a letter.

Both show a live code to somebody of the house, so both are events of the parcel, and its recipient is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.access import Member
from codes.judgement import CodeState
from codes.life.issuing import message_row
from codes.model import EventKind, MessageKind
from codes.proving.events import Event, record
from codes.recipients.tickets import Showing, Ticket, ticket_of_holder
from codes.store.database import Database


class CannotTell(Exception):
    """There is no live code to tell, or no registered way to do it."""


class Telling:
    """Shows a recipient's code to a named member of staff, once it stands in the parcel's chain who sees it."""

    def __init__(self, database: Database, showing: Callable[[], Showing], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._showing = showing
        self._clock = clock

    def by_phone(self, holder_id: UUID, member: Member) -> Ticket:
        """Return the ticket whose digits are read out to the registered number. Raises CannotTell."""
        return self._shown(holder_id, member, EventKind.CODE_READ_OUT)

    def on_paper(self, holder_id: UUID, member: Member) -> Ticket:
        """Return the ticket that is printed as a letter. Raises CannotTell."""
        return self._shown(holder_id, member, EventKind.CODE_PRINTED)

    def _shown(self, holder_id: UUID, member: Member, kind: EventKind) -> Ticket:
        now, holders = self._clock(), tables.holders
        with self._database.writing() as connection:
            parcel_id = connection.execute(sa.select(holders.c.parcel_id).where(holders.c.id == holder_id)).scalar()
            connection.execute(sa.select(tables.parcels.c.id).where(tables.parcels.c.id == parcel_id).with_for_update())
            ticket = ticket_of_holder(connection, self._showing(), holder_id)
            if ticket is None or ticket.code is None or ticket.handed_over_at is not None:
                raise CannotTell("there is no code to tell for this parcel")
            if ticket.code.state is not CodeState.LIVE:
                raise CannotTell("this code opens nothing any more")
            if kind is EventKind.CODE_READ_OUT and ticket.phone is None:
                raise CannotTell("no phone number is registered for this recipient")
            record(connection, [Event(ticket.parcel_id, kind, now, {"staff": str(member.staff_id)})])
            message = message_row(ticket.parcel_id, holder_id, MessageKind.CODE_TOLD, now)
            connection.execute(sa.insert(tables.messages), [message])
        return ticket
