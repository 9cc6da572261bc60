"""Shops that announce parcels by webhooks of their own: their secrets, encrypted, and a log of what they sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from codes import tables
from codes.derivation import derive_sealing_key, derive_shop_secret
from codes.identifiers import uuid7
from codes.keys.keyring import KeyRing
from codes.store.database import Database

NONCE_BYTES = 12
REFUSALS_ARE_NOTED_EVERY = timedelta(minutes=1)


class ShopKind(StrEnum):
    """Whose webhooks they are."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    SHOPWARE = "shopware"


class CallResult(StrEnum):
    """What came of one call of a shop."""

    ANNOUNCED = "announced"
    IGNORED = "ignored"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop. ``refused_at``: when a call with a wrong signature came last."""

    shop_id: UUID
    kind: ShopKind
    name: str
    language: str
    created_at: datetime
    refused_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShopCall:
    """One call in a shop's log. ``detail`` names fields and parcels, never a person."""

    call_id: str
    received_at: datetime
    topic: str
    result: CallResult
    detail: str


class Shops:
    """Adds and removes shops, and keeps the log."""

    def __init__(self, database: Database, ring: Callable[[], KeyRing], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock

    def add(self, kind: ShopKind, name: str, secret: str, language: str) -> UUID:
        """Add a shop with the secret that its webhooks are signed with."""
        now, ring = self._clock(), self._ring()
        shop_id, nonce = uuid7(now), secrets.token_bytes(NONCE_BYTES)
        key = derive_sealing_key(ring.key(ring.current), shop_id)
        sealed = nonce + AESGCM(key).encrypt(nonce, secret.encode(), shop_id.bytes)
        row = {"id": shop_id, "kind": kind, "name": name, "language": language, "created_at": now}
        with self._database.writing() as connection:
            connection.execute(sa.insert(tables.shops).values(**row, key_id=ring.current, secret=sealed))
        return shop_id

    def listed(self) -> list[Shop]:
        """Return the shops, the newest first."""
        table = tables.shops
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(table).where(table.c.removed_at.is_(None)).order_by(table.c.id.desc()))
            return [
                Shop(row.id, ShopKind(row.kind), row.name, row.language, row.created_at, row.refused_at) for row in rows
            ]

    def get(self, shop_id: UUID) -> Shop | None:
        """Return one shop."""
        return next((each for each in self.listed() if each.shop_id == shop_id), None)

    def secret_of(self, shop_id: UUID) -> bytes:
        """Decrypt a shop's secret."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(tables.shops).where(tables.shops.c.id == shop_id)).one()
        key = derive_sealing_key(self._ring().key(row.key_id), shop_id)
        return AESGCM(key).decrypt(row.secret[:NONCE_BYTES], row.secret[NONCE_BYTES:], shop_id.bytes)

    def given_secret(self, shop_id: UUID) -> str:
        """Return the secret that a shop gets from us when it registers; it is derived, and stands nowhere."""
        with self._database.reading() as connection:
            key_id = connection.execute(
                sa.select(tables.shops.c.key_id).where(tables.shops.c.id == shop_id)
            ).scalar_one()
        return derive_shop_secret(self._ring().key(key_id), shop_id)

    def remove(self, shop_id: UUID) -> None:
        """Take no more calls of a shop, and forget its secret; what it sent stays in the log for a while."""
        gone = {"removed_at": self._clock(), "secret": b""}
        with self._database.writing() as connection:
            connection.execute(sa.update(tables.shops).where(tables.shops.c.id == shop_id).values(**gone))

    def refused(self, shop: Shop) -> None:
        """Note that a call's signature was wrong, once a minute at most: anybody can send such calls."""
        now = self._clock()
        if shop.refused_at is None or now - shop.refused_at >= REFUSALS_ARE_NOTED_EVERY:
            with self._database.writing() as connection:
                connection.execute(
                    sa.update(tables.shops).where(tables.shops.c.id == shop.shop_id).values(refused_at=now)
                )

    def came_before(self, shop_id: UUID, call_id: str) -> CallResult | None:
        """Return what came of this call when it came before."""
        table = tables.shop_calls
        query = sa.select(table.c.result).where(table.c.shop_id == shop_id, table.c.call_id == call_id)
        with self._database.reading() as connection:
            result = connection.execute(query).scalar()
        return None if result is None else CallResult(result)

    def record(self, shop_id: UUID, call_id: str, topic: str, result: CallResult, detail: str) -> None:
        """Write into the log what came of a call; of one that came again, what came of it now."""
        table, this = tables.shop_calls, {"shop_id": shop_id, "call_id": call_id}
        what = {"received_at": self._clock(), "topic": topic[:100], "result": result, "detail": detail[:1000]}

        def write(connection: sa.Connection) -> None:
            same = sa.and_(table.c.shop_id == shop_id, table.c.call_id == call_id)
            if not connection.execute(sa.update(table).where(same).values(**what)).rowcount:
                connection.execute(sa.insert(table).values(**this, **what))

        self._database.transact(write)

    def calls(self, shop_id: UUID, *, limit: int) -> list[ShopCall]:
        """Return the newest calls of a shop."""
        table = tables.shop_calls
        query = sa.select(table).where(table.c.shop_id == shop_id).order_by(table.c.received_at.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [ShopCall(row.call_id, row.received_at, row.topic, CallResult(row.result), row.detail) for row in rows]


def forget_calls(connection: sa.Connection, before: datetime) -> None:
    """Delete the log up to a moment."""
    connection.execute(sa.delete(tables.shop_calls).where(tables.shop_calls.c.received_at < before))
