"""Which tokens each device was given, and when: without network it may say to have seen these, and no others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.transaction import Transaction

Token = tuple[UUID, bytes]
"""A parcel, and the digest of a payload that opens it."""


def is_recorded(t: Transaction, device_id: UUID, tokens: Collection[Token]) -> bool:
    """Tell whether a device holds just these tokens, as far as is known."""
    return _held(t, device_id) == set(tokens)


def record_manifest(t: Transaction, device_id: UUID, tokens: Collection[Token], shift: timedelta) -> None:
    """Record that a device is given these tokens and no others; to be committed before it gets them.

    What was taken from it stays known for a shift: so long it may still have been used without network.
    """
    table, held = tables.granted_tokens, _held(t, device_id)
    mine = table.c.device_id == device_id
    t.connection.execute(sa.delete(table).where(mine, table.c.withdrawn_at < t.now - shift))
    _change(t, device_id, held - set(tokens), withdrawn_at=t.now)
    given = set(tokens) - held
    again = _tokens(t, device_id, tables.granted_tokens.c.withdrawn_at.is_not(None)) & given
    _change(t, device_id, again, given_at=t.now, withdrawn_at=None)
    fresh = [
        {"device_id": device_id, "parcel_id": parcel_id, "token_digest": digest, "given_at": t.now}
        for parcel_id, digest in sorted(given - again)
    ]
    if fresh:
        t.connection.execute(sa.insert(table), fresh)


def _change(t: Transaction, device_id: UUID, tokens: Collection[Token], **values: datetime | None) -> None:
    table = tables.granted_tokens
    which = sa.and_(
        table.c.device_id == device_id,
        table.c.parcel_id == sa.bindparam("parcel"),
        table.c.token_digest == sa.bindparam("digest"),
    )
    if tokens:
        rows = [{"parcel": parcel_id, "digest": digest} for parcel_id, digest in sorted(tokens)]
        t.connection.execute(sa.update(table).where(which).values(**values), rows)


def _held(t: Transaction, device_id: UUID) -> set[Token]:
    return _tokens(t, device_id, tables.granted_tokens.c.withdrawn_at.is_(None))


def _tokens(t: Transaction, device_id: UUID, which: sa.ColumnElement[bool]) -> set[Token]:
    table = tables.granted_tokens.c
    query = sa.select(table.parcel_id, table.token_digest).where(table.device_id == device_id, which)
    rows = t.connection.execute(query)
    return {(row.parcel_id, row.token_digest) for row in rows}
