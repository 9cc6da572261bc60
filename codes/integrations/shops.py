"""Shops that announce parcels by webhooks of their own: their secrets, encrypted, and a log of what they sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.derivation import derive_shop_secret
from codes.keys.sealed_rows import open_of_row, seal_for_row
from codes.store.budgets import Budget
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

MOST_LOGGED_PER_DAY = 100_000
REFUSALS_ARE_NOTED_EVERY = timedelta(minutes=1)


class ShopKind(StrEnum):
    """Whose webhooks they are."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    SHOPWARE = "shopware"
    MAPPED = "mapped"


class CallResult(StrEnum):
    """What came of one call of a shop."""

    ANNOUNCED = "announced"
    ENDED = "ended"
    MOVED = "moved"
    IGNORED = "ignored"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop. ``refused_at``: when a call with a wrong signature came last; ``mapping``: how a mapped one is read."""

    shop_id: UUID
    kind: ShopKind
    name: str
    language: str
    created_at: datetime
    refused_at: datetime | None
    mapping: str | None


@dataclass(frozen=True, slots=True)
class ShopCall:
    """One call in a shop's log. ``detail`` names fields and parcels, never a person."""

    call_id: str
    received_at: datetime
    topic: str
    result: CallResult
    detail: str


def add_shop(t: Transaction, kind: ShopKind, name: str, secret: str, language: str, mapping: str | None = None) -> UUID:
    """Add a shop with the secret that its webhooks are signed with."""
    shop_id, ring = uuid7(t.now), t.ring
    sealed = seal_for_row(ring, shop_id, secret.encode())
    row = {"id": shop_id, "kind": kind, "name": name, "language": language, "created_at": t.now, "mapping": mapping}
    t.connection.execute(sa.insert(tables.shops).values(**row, key_id=ring.current, secret=sealed))
    return shop_id


def listed_shops(t: Transaction) -> list[Shop]:
    """Return the shops, the newest first."""
    table = tables.shops
    rows = t.connection.execute(sa.select(table).where(table.c.removed_at.is_(None)).order_by(table.c.id.desc()))
    return [
        Shop(row.id, ShopKind(row.kind), row.name, row.language, row.created_at, row.refused_at, row.mapping)
        for row in rows
    ]


def shop_of(t: Transaction, shop_id: UUID) -> Shop | None:
    """Return one shop."""
    return next((each for each in listed_shops(t) if each.shop_id == shop_id), None)


def map_shop(t: Transaction, shop_id: UUID, mapping: str) -> None:
    """Read what a mapped shop sends in another way from now on."""
    t.connection.execute(sa.update(tables.shops).where(tables.shops.c.id == shop_id).values(mapping=mapping))


def secret_of_shop(t: Transaction, shop_id: UUID) -> bytes:
    """Decrypt a shop's secret."""
    row = t.connection.execute(sa.select(tables.shops).where(tables.shops.c.id == shop_id)).one()
    return open_of_row(t.ring, row.key_id, shop_id, row.secret)


def secret_given_to_shop(t: Transaction, shop_id: UUID) -> str:
    """Return the secret that a shop gets from us when it registers; it is derived, and stands nowhere."""
    this = sa.select(tables.shops.c.key_id).where(tables.shops.c.id == shop_id)
    return derive_shop_secret(t.ring.key(t.connection.execute(this).scalar_one()), shop_id)


def remove_shop(t: Transaction, shop_id: UUID) -> None:
    """Take no more calls of a shop, and forget its secret; what it sent stays in the log for a while."""
    gone = {"removed_at": t.now, "secret": b""}
    t.connection.execute(sa.update(tables.shops).where(tables.shops.c.id == shop_id).values(**gone))


def note_refused_call(t: Transaction, shop_id: UUID) -> None:
    """Note that a call's signature was wrong, once a minute at most: anybody can send such calls."""
    table, before = tables.shops, t.now - REFUSALS_ARE_NOTED_EVERY
    due = sa.or_(table.c.refused_at.is_(None), table.c.refused_at <= before)
    t.connection.execute(sa.update(table).where(table.c.id == shop_id, due).values(refused_at=t.now))


def result_of_call(t: Transaction, shop_id: UUID, call_id: str) -> CallResult | None:
    """Return what came of this call when it came before."""
    table = tables.shop_calls
    query = sa.select(table.c.result).where(table.c.shop_id == shop_id, table.c.call_id == call_id)
    result = t.connection.execute(query).scalar()
    return None if result is None else CallResult(result)


def record_call(t: Transaction, shop_id: UUID, call_id: str, topic: str, result: CallResult, detail: str) -> None:
    """Write into the log what came of a call; of one that came again, what came of it now.

    Beyond so many a day they are only counted; a call that comes again announces the same, which changes nothing.
    """
    table = tables.shop_calls
    what = {"received_at": t.now, "topic": topic[:100], "result": result, "detail": detail[:1000]}
    same = sa.and_(table.c.shop_id == shop_id, table.c.call_id == call_id)
    if t.connection.execute(sa.update(table).where(same).values(**what)).rowcount:
        return
    if t.spend(Budget.SHOP_CALL, shop_id, MOST_LOGGED_PER_DAY):
        t.connection.execute(sa.insert(table).values(shop_id=shop_id, call_id=call_id, **what))


def calls_of_shop(t: Transaction, shop_id: UUID, *, limit: int) -> list[ShopCall]:
    """Return the newest calls of a shop."""
    table = tables.shop_calls
    query = sa.select(table).where(table.c.shop_id == shop_id).order_by(table.c.received_at.desc()).limit(limit)
    rows = t.connection.execute(query).all()
    return [ShopCall(row.call_id, row.received_at, row.topic, CallResult(row.result), row.detail) for row in rows]


def forget_calls(t: Transaction, before: datetime) -> None:
    """Delete the log up to a moment."""
    t.connection.execute(sa.delete(tables.shop_calls).where(tables.shop_calls.c.received_at < before))
