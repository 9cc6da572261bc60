"""Erasing persons: on request, and by themselves when their purpose is over. The chain keeps commitments only."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.integrations.shops import forget_calls
from codes.integrations.webhook_queue import forget_deliveries
from codes.life.consignments import receivables
from codes.life.imports import forget_imports, forget_in_files
from codes.life.issuing import revoke_codes, told_after_erasure
from codes.life.report_photos import forget_photos
from codes.model import EventKind, HolderKind
from codes.proving.commitment import SALT_BYTES
from codes.proving.events import Event, Fact
from codes.store.budgets import forget_budgets
from codes.store.clauses import is_handed_over, is_open
from codes.store.parcel_rows import lock_parcels
from codes.store.transaction import Transaction
from codes.values.folding import fold_address

ERASED_LANGUAGE = "en"
TOKENS_KEPT = timedelta(days=3)
"""What a device had been given is of no use after the longest shift."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased."""

    persons: int
    messages: int = 0
    sessions: int = 0
    files: int = 0


def consignments_of_address(t: Transaction, email: str) -> list[UUID]:
    """Return the consignments of the persons with this mail address, however it is written."""
    holders = tables.holders
    query = sa.select(holders.c.consignment_id).where(holders.c.email_folded == fold_address(email))
    return sorted(set(t.connection.execute(query).scalars()))


def consignments_over(t: Transaction) -> list[UUID]:
    """Return consignments whose persons have been kept for as long as the settings say.

    All of its parcels were handed over or its codes expired so long ago, and no report is open.
    """
    consignments, parcels, holders = tables.consignments, tables.parcels, tables.holders
    codes, handovers, reports = tables.codes, tables.handovers, tables.reports
    before = t.now - timedelta(days=t.retention.persons_days)
    of_it = parcels.c.consignment_id == consignments.c.id
    named = sa.exists().where(holders.c.consignment_id == consignments.c.id, holders.c.erased_at.is_(None))
    long_ago = sa.exists().where(handovers.c.parcel_id == parcels.c.id, handovers.c.recorded_at < before)
    alive = sa.exists().where(codes.c.consignment_id == consignments.c.id, codes.c.expires_at >= before)
    expired = sa.and_(
        ~is_handed_over(parcels.c.id),
        ~alive.correlate(consignments),
        parcels.c.announced_at < before - timedelta(days=t.settings.lifetime_days),
    )
    of_use = sa.exists().where(of_it, ~sa.or_(long_ago.correlate(parcels), expired))
    disputed = sa.exists().where(of_it, reports.c.parcel_id == parcels.c.id, is_open(), reports.c.by == "holder")
    query = sa.select(consignments.c.id).where(named, ~of_use, ~disputed)
    return list(t.connection.execute(query.order_by(consignments.c.id)).scalars())


def forget_records(t: Transaction) -> Erased:
    """Delete messages, sessions and logs that have been kept for as long as the settings say."""
    connection, messages, sessions = t.connection, tables.messages, tables.staff_sessions
    enrolments, actions, counts = tables.enrolments, tables.staff_actions, tables.shelf_counts
    answered, granted, throttles = tables.idempotency_keys, tables.granted_tokens, tables.throttles
    oldest_message = t.now - timedelta(days=t.retention.messages_days)
    oldest_session = t.now - timedelta(days=t.retention.sessions_days)
    oldest_action = t.now - timedelta(days=t.retention.staff_log_days)
    yesterday = t.now - timedelta(days=1)
    closed = sa.and_(messages.c.due_at.is_(None), messages.c.queued_at < oldest_message)
    gone = connection.execute(sa.delete(messages).where(closed)).rowcount
    ended = connection.execute(sa.delete(sessions).where(sessions.c.expires_at < oldest_session)).rowcount
    forget_deliveries(t, oldest_message)
    forget_calls(t, oldest_message)
    forget_imports(t, oldest_session)
    forget_budgets(connection, t.now)
    connection.execute(sa.delete(enrolments).where(enrolments.c.expires_at < oldest_session))
    connection.execute(sa.delete(answered).where(answered.c.started_at < yesterday))
    connection.execute(sa.delete(granted).where(granted.c.withdrawn_at < t.now - TOKENS_KEPT))
    connection.execute(sa.delete(actions).where(actions.c.at < oldest_action))
    connection.execute(sa.delete(counts).where(counts.c.counted_at < oldest_action))
    connection.execute(sa.delete(throttles).where(throttles.c.started_at < yesterday))
    return Erased(0, messages=gone, sessions=ended)


def erase_persons(t: Transaction, consignment_ids: Sequence[UUID], why: str) -> Erased:
    """Erase everybody who is named for these consignments; live codes are withdrawn."""
    parcels, holders, codes = tables.parcels, tables.holders, tables.codes
    handovers, reports, messages = tables.handovers, tables.reports, tables.messages
    parcel_ids = lock_parcels(t.connection, parcels.c.consignment_id.in_(consignment_ids))
    named = t.connection.execute(
        sa.select(holders.c.id, holders.c.consignment_id, holders.c.kind, holders.c.key_id)
        .add_columns(holders.c.name_folded, holders.c.email_folded)
        .where(holders.c.consignment_id.in_(consignment_ids), holders.c.erased_at.is_(None))
        .order_by(holders.c.id)
    ).all()
    events: list[Event] = []
    for consignment_id in sorted({row.consignment_id for row in named}):
        still_open = sa.exists().where(parcels.c.consignment_id == consignment_id, ~is_handed_over(parcels.c.id))
        if t.connection.execute(sa.select(still_open)).scalar():
            revoke_codes(t, codes.c.consignment_id == consignment_id, why)
    for row in named:
        nobody = {
            "name": None,
            "name_folded": None,
            "email": None,
            "email_folded": None,
            "postcode": None,
            "phone": None,
            "street": None,
            "city": None,
            "note": None,
            "salt": None,
            "language": ERASED_LANGUAGE,
        }
        ticket = secrets.token_bytes(32)
        address = {"ticket_digest": ticket, "erased_at": t.now}
        for table in (tables.former_tickets, tables.address_checks):
            t.connection.execute(sa.delete(table).where(table.c.holder_id == row.id))
        t.connection.execute(sa.update(holders).where(holders.c.id == row.id).values(**nobody, **address))
        facts: dict[str, Fact] = {"holder": str(row.id), "why": why}
        facts |= {"ticket": ticket.hex(), "key": row.key_id}
        for parcel in receivables(t, row.id).parcels:
            behind = _behind_new_salt(t, parcel.parcel_id) if row.kind == HolderKind.RECIPIENT else {}
            events.append(Event(parcel.parcel_id, EventKind.ERASED, t.now, facts | behind))
    consignments = tables.consignments
    closed = sa.update(consignments).where(consignments.c.id.in_(consignment_ids)).values(join_key=None)
    t.connection.execute(closed)
    gone = t.connection.execute(sa.delete(messages).where(messages.c.parcel_id.in_(parcel_ids))).rowcount
    attempts = tables.delivery_attempts
    for table, said in ((handovers, "reason"), (attempts, "place"), (reports, "answer")):
        theirs = table.c.parcel_id.in_(parcel_ids)
        t.connection.execute(sa.update(table).where(theirs).values({said: None, "salt": None}))
    told = sa.update(reports).where(reports.c.parcel_id.in_(parcel_ids))
    t.connection.execute(told.values(words=None))
    forget_photos(t, tables.report_photos.c.parcel_id.in_(parcel_ids))
    t.record(*events)
    cells = {each for row in named for each in (row.name_folded, row.email_folded) if each}
    files = forget_in_files(t, cells) if cells else 0
    return Erased(len(named), gone, files=files)


def _behind_new_salt(t: Transaction, parcel_id: UUID) -> dict[str, Fact]:
    """Commit to what names nobody and stays with the parcel anew: the salt it stood behind goes with the person."""
    parcels, consignments, salt = tables.parcels, tables.consignments, secrets.token_bytes(SALT_BYTES)
    t.connection.execute(sa.update(parcels).where(parcels.c.id == parcel_id).values(salt=salt))
    row = t.connection.execute(
        sa.select(parcels, consignments.c.sender, consignments.c.number.label("consignment"))
        .join(consignments, consignments.c.id == parcels.c.consignment_id)
        .where(parcels.c.id == parcel_id)
    ).one()
    return told_after_erasure(salt, dict(row._mapping))
