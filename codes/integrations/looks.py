"""How the pages and messages of one sender look, where the house has set that: for an API key, or for a shop.

What is stored was checked and drawn anew before: nothing of it is judged here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.store.parcel_rows import parcel_id_of
from codes.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SenderLook:
    """A sender's name, colours and words instead of the house's; ``logo_tag`` tells one logo from the next."""

    name: str
    accent: str
    ink: str
    imprint: str = ""
    reply_to: str | None = None
    logo_tag: str | None = None


def owner_of_key(key_id: UUID) -> str:
    """Return who announces with an API key, as consignments name them."""
    return f"key:{key_id}"


def owner_of_shop(shop_id: UUID) -> str:
    """Return who announces for a shop, as consignments name them."""
    return f"shop:{shop_id}"


def look_of(t: Transaction, owner: str) -> SenderLook | None:
    """Return how a sender's pages and messages look; None where they look as the house's."""
    table = tables.looks
    wanted = (table.c.name, table.c.accent, table.c.ink, table.c.imprint, table.c.reply_to, table.c.logo_tag)
    row = t.connection.execute(sa.select(*wanted).where(table.c.owner == owner)).one_or_none()
    return SenderLook(*row) if row else None


def look_of_parcel(t: Transaction, reference: str) -> tuple[SenderLook | None, bytes | None]:
    """Return the look and the logo of a parcel's sender; of a gift it would name the giver. Raises UnknownParcel."""
    parcels, consignments = tables.parcels, tables.consignments
    this = sa.and_(parcels.c.id == parcel_id_of(t.connection, reference), parcels.c.gift.is_(False))
    owner = t.connection.execute(sa.select(consignments.c.announced_by).join(parcels).where(this)).scalar()
    look = look_of(t, owner) if owner else None
    return look, logo_of(t, owner) if owner and look else None


def logo_of(t: Transaction, owner: str) -> bytes | None:
    """Return a sender's logo, a PNG picture."""
    table = tables.looks
    logo: bytes | None = t.connection.execute(sa.select(table.c.logo).where(table.c.owner == owner)).scalar()
    return logo


def set_look(t: Transaction, owner: str, look: SenderLook, logo: bytes | None) -> None:
    """Set a sender's look whole, with its logo or without one."""
    remove_look(t, owner)
    values = {"name": look.name, "accent": look.accent, "ink": look.ink, "imprint": look.imprint}
    tag = hashlib.sha256(logo).hexdigest()[:12] if logo else None
    t.connection.execute(
        sa.insert(tables.looks).values(
            owner=owner, **values, reply_to=look.reply_to, logo=logo, logo_tag=tag, changed_at=t.now
        )
    )


def remove_look(t: Transaction, owner: str) -> None:
    """Let a sender's pages and messages look as the house's again."""
    t.connection.execute(sa.delete(tables.looks).where(tables.looks.c.owner == owner))
