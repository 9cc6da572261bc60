"""Erasing persons: on request, and by themselves when their purpose is over. The chain keeps commitments only."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.integrations.shops import forget_calls
from codes.integrations.webhook_queue import forget_deliveries
from codes.life.imports import forget_imports
from codes.life.issuing import told_after_erasure
from codes.model import EventKind, HolderKind
from codes.parcels import parcel_id_of
from codes.proving.commitment import SALT_BYTES
from codes.proving.events import Event, Fact, record
from codes.settings import RetentionSettings
from codes.store.database import Database

TOGETHER = 200
ERASED_LANGUAGE = "en"
NAMING = ("holders", "messages", "handovers", "delivery_attempts", "reports", "staff_sessions", "enrolments")
"""Tables in which persons were."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased."""

    persons: int
    messages: int = 0
    sessions: int = 0


class Erasing:
    """Takes persons out of the tables. What happened stays provable: the chain never held them."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], settings: RetentionSettings, lifetime: timedelta
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._lifetime = lifetime

    def erase_parcel(self, reference: str) -> Erased:
        """Erase everybody who is named for a parcel; codes still live are withdrawn. Raises UnknownParcel."""
        with self._database.reading() as connection:
            parcel_id = parcel_id_of(connection, reference)
        return self._erase([parcel_id], "request")

    def erase_address(self, email: str) -> Erased:
        """Erase the persons with this mail address, whatever its case, with everything that names them."""
        holders = tables.holders
        with self._database.reading() as connection:
            found = connection.execute(
                sa.select(holders.c.parcel_id).where(sa.func.lower(holders.c.email) == email.strip().lower())
            ).scalars()
            parcel_ids = sorted(set(found))
        return self._erase(parcel_ids, "request")

    def purge(self, go_on: Callable[[int, int], bool] = lambda _done, _all: True) -> Erased:
        """Erase whatever has been kept for as long as the settings say.

        ``go_on`` hears how many parcels of how many are done, and may stop it; the next purge does the rest.
        """
        erased = self._erase(self._over(), "retention", finish=False, go_on=go_on)
        messages, sessions, enrolments = tables.messages, tables.staff_sessions, tables.enrolments
        now, kept = self._clock(), self._settings
        oldest_message = now - timedelta(days=kept.messages_days)
        oldest_session = now - timedelta(days=kept.sessions_days)
        with self._database.writing() as connection:
            closed = sa.and_(messages.c.due_at.is_(None), messages.c.queued_at < oldest_message)
            gone = connection.execute(sa.delete(messages).where(closed)).rowcount
            forget_deliveries(connection, oldest_message)
            forget_calls(connection, oldest_message)
            forget_imports(connection, oldest_session)
            ended = connection.execute(sa.delete(sessions).where(sessions.c.expires_at < oldest_session)).rowcount
            connection.execute(sa.delete(enrolments).where(enrolments.c.expires_at < oldest_session))
            answered = tables.idempotency_keys
            connection.execute(sa.delete(answered).where(answered.c.started_at < now - timedelta(days=1)))
            connection.execute(sa.delete(tables.throttles).where(tables.throttles.c.started_at < oldest_session))
        if erased.persons or gone or ended:
            self._forget_for_good()
        return Erased(erased.persons, gone, ended)

    def _over(self) -> list[UUID]:
        """Return parcels whose persons are of no use any more: handed over or expired so long ago, no report open."""
        parcels, holders, handovers, codes = tables.parcels, tables.holders, tables.handovers, tables.codes
        reports, before = tables.reports, self._clock() - timedelta(days=self._settings.persons_days)
        named = sa.exists().where(holders.c.parcel_id == parcels.c.id, holders.c.erased_at.is_(None))
        handed_over = sa.exists().where(handovers.c.parcel_id == parcels.c.id)
        long_ago = sa.exists().where(handovers.c.parcel_id == parcels.c.id, handovers.c.recorded_at < before)
        alive = sa.exists().where(codes.c.parcel_id == parcels.c.id, codes.c.expires_at >= before)
        never = sa.and_(~handed_over, ~alive, parcels.c.announced_at < before - self._lifetime)
        disputed = sa.exists().where(
            reports.c.parcel_id == parcels.c.id, reports.c.answered_at.is_(None), reports.c.by == "holder"
        )
        with self._database.reading() as connection:
            query = sa.select(parcels.c.id).where(named, sa.or_(long_ago, never), ~disputed)
            return list(connection.execute(query.order_by(parcels.c.id)).scalars())

    def _erase(
        self,
        parcel_ids: Sequence[UUID],
        why: str,
        *,
        finish: bool = True,
        go_on: Callable[[int, int], bool] = lambda _done, _all: True,
    ) -> Erased:
        persons = messages = 0
        for start in range(0, len(parcel_ids), TOGETHER):
            some = parcel_ids[start : start + TOGETHER]
            with self._database.writing() as connection:
                count = _erase_some(connection, some, why, self._clock())
            persons, messages = persons + count.persons, messages + count.messages
            if not go_on(start + len(some), len(parcel_ids)):
                break
        if persons and finish:
            self._forget_for_good()
        return Erased(persons, messages)

    def _forget_for_good(self) -> None:
        """Leave nothing of it in the database's files: deleted rows are there until they are written over."""
        if self._database.is_sqlite:
            with self._database.alone():
                connection = sqlite3.connect(self._database.url.database or "", timeout=60, isolation_level=None)
                connection.execute("PRAGMA secure_delete=ON")
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()
            return
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as outside:
            for name in NAMING:
                outside.execute(sa.text(f"VACUUM {name}"))


def _erase_some(connection: sa.Connection, parcel_ids: Sequence[UUID], why: str, now: datetime) -> Erased:
    parcels, holders, codes = tables.parcels, tables.holders, tables.codes
    handovers, reports, messages = tables.handovers, tables.reports, tables.messages
    connection.execute(
        sa.select(parcels.c.id).where(parcels.c.id.in_(parcel_ids)).order_by(parcels.c.id).with_for_update()
    )
    named = connection.execute(
        sa.select(holders.c.id, holders.c.parcel_id, holders.c.kind, holders.c.key_id)
        .where(holders.c.parcel_id.in_(parcel_ids), holders.c.erased_at.is_(None))
        .order_by(holders.c.id)
    ).all()
    handed_over = sa.select(handovers.c.parcel_id).where(handovers.c.parcel_id.in_(parcel_ids))
    done = set(connection.execute(handed_over).scalars())
    events: list[Event] = []
    for parcel_id in sorted({row.parcel_id for row in named}):
        of_parcel: Any = codes.c.parcel_id == parcel_id
        live = sa.and_(of_parcel, codes.c.revoked_at.is_(None), codes.c.renewed_at.is_(None))
        if parcel_id not in done and connection.execute(sa.update(codes).where(live).values(revoked_at=now)).rowcount:
            events.append(Event(parcel_id, EventKind.CODE_REVOKED, now, {"by": why}))
    for row in named:
        nobody = {
            "name": None,
            "email": None,
            "postcode": None,
            "phone": None,
            "salt": None,
            "language": ERASED_LANGUAGE,
        }
        ticket = secrets.token_bytes(32)
        address = {"ticket_digest": ticket, "erased_at": now}
        connection.execute(sa.update(holders).where(holders.c.id == row.id).values(**nobody, **address))
        facts: dict[str, Fact] = {"holder": str(row.id), "why": why}
        facts |= {"ticket": ticket.hex(), "key": row.key_id}
        if row.kind == HolderKind.RECIPIENT:
            facts |= _behind_new_salt(connection, row.parcel_id)
        events.append(Event(row.parcel_id, EventKind.ERASED, now, facts))
    gone = connection.execute(sa.delete(messages).where(messages.c.parcel_id.in_(parcel_ids))).rowcount
    connection.execute(sa.update(handovers).where(handovers.c.parcel_id.in_(parcel_ids)).values(reason=None, salt=None))
    attempts = tables.delivery_attempts
    connection.execute(sa.update(attempts).where(attempts.c.parcel_id.in_(parcel_ids)).values(place=None, salt=None))
    connection.execute(sa.update(reports).where(reports.c.parcel_id.in_(parcel_ids)).values(answer=None, salt=None))
    if events:
        record(connection, events)
    return Erased(len(named), gone)


def _behind_new_salt(connection: sa.Connection, parcel_id: UUID) -> dict[str, Fact]:
    """Commit to what names nobody and stays with the parcel anew: the salt it stood behind goes with the person."""
    parcels, salt = tables.parcels, secrets.token_bytes(SALT_BYTES)
    row = connection.execute(
        sa.update(parcels).where(parcels.c.id == parcel_id).values(salt=salt).returning(*parcels.c)
    ).one()
    return told_after_erasure(salt, dict(row._mapping))
