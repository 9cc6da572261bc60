"""Consignments that a parcel can still join, each found by a key of all that must be equal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import Announcement, MessageKind, Person, Realm
from codes.store.clauses import is_handed_over, is_live, is_recipient
from codes.store.transaction import Transaction
from codes.values.folding import fold, fold_address
from codes.values.tracking_numbers import normalise_reference, realm_of


@dataclass(slots=True)
class OpenConsignment:
    """A consignment that a parcel can join: its recipient, and the recipient's code if there is one.

    ``tells`` says that a message with the code is still to be sent, which tells of all its parcels.
    """

    consignment_id: UUID
    recipient: Mapping[str, Any]
    code: Mapping[str, Any] | None = None
    parcels: int = 0
    tells: bool = False


def consignment_number(announcement: Announcement) -> str | None:
    """Return the consignment number; what is empty or blank is none."""
    return (announcement.consignment or "").strip() or None


def join_key_of(announcement: Announcement, announced_by: str) -> bytes | None:
    """Return what must be equal for two parcels to be of one consignment; None without a consignment number."""
    consignment = consignment_number(announcement)
    if consignment is None:
        return None
    realm = realm_of(normalise_reference(announcement.reference))
    return join_key(realm, announced_by, announcement.sender, consignment, announcement.recipient)


def join_key(realm: Realm, announced_by: str, sender: str, consignment: str, person: Person) -> bytes:
    """Return the key under which a consignment of this recipient can be joined.

    Without a mail address, the recipient is whoever has the phone, or else the name and postcode.
    """
    if person.email:
        whom = ["mail", fold_address(person.email)]
    else:
        whom = ["phone", person.phone] if person.phone else ["name", fold(person.name), person.postcode or ""]
    text = json.dumps([realm.value, announced_by, sender, consignment, *whom], ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def lock_open_consignments(t: Transaction, keys: Set[bytes]) -> dict[bytes, OpenConsignment]:
    """Lock the consignments that can be joined under these keys; the others give their keys up."""
    consignments, holders, codes = tables.consignments, tables.holders, tables.codes
    if not keys:
        return {}
    connection = t.connection
    locked = connection.execute(
        sa.select(consignments.c.id, consignments.c.join_key)
        .where(consignments.c.join_key.in_(keys))
        .order_by(consignments.c.id)
        .with_for_update()
    ).all()
    ids = [row.id for row in locked]
    recipients = {
        row["consignment_id"]: dict(row)
        for row in connection.execute(
            sa.select(holders).where(holders.c.consignment_id.in_(ids), is_recipient(), holders.c.erased_at.is_(None))
        ).mappings()
    }
    issued = sa.select(codes).join(holders, holders.c.id == codes.c.holder_id)
    of_recipients = issued.where(codes.c.consignment_id.in_(ids), is_recipient()).add_columns(
        is_live(t.now, t.ring.epoch).label("live")
    )
    by_consignment: dict[UUID, list[dict[str, Any]]] = {}
    for code in connection.execute(of_recipients).mappings():
        by_consignment.setdefault(code["consignment_id"], []).append(dict(code))
    sizes, telling, outstanding = _sizes(t, ids), _telling(t, ids), _outstanding(t, ids)
    found: dict[bytes, OpenConsignment] = {}
    for row in locked:
        all_codes = by_consignment.get(row.id, [])
        live = next((code for code in all_codes if code["live"]), None)
        # A code that was shown for all its parcels opens nothing that comes after: somebody may have kept it.
        stands = live is not None and row.id in outstanding
        if row.id in recipients and (stands or not all_codes):
            found[row.join_key] = OpenConsignment(row.id, recipients[row.id], live, sizes[row.id], row.id in telling)
    closed = [row.id for row in locked if row.join_key not in found]
    if closed:
        connection.execute(sa.update(consignments).where(consignments.c.id.in_(closed)).values(join_key=None))
    return found


def _sizes(t: Transaction, consignment_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many parcels each consignment has."""
    column = tables.parcels.c.consignment_id
    counted = sa.select(column, sa.func.count()).where(column.in_(consignment_ids)).group_by(column)
    return {row[0]: row[1] for row in t.connection.execute(counted)}


def _outstanding(t: Transaction, consignment_ids: Sequence[UUID]) -> set[UUID]:
    """Return the consignments of which a parcel that needs a code is still to be handed over."""
    parcels = tables.parcels.c
    query = sa.select(parcels.consignment_id).where(parcels.consignment_id.in_(consignment_ids))
    return set(
        t.connection.execute(
            query.where(parcels.code_required, parcels.ended_at.is_(None), ~is_handed_over(parcels.id))
        ).scalars()
    )


def _telling(t: Transaction, consignment_ids: Sequence[UUID]) -> set[UUID]:
    """Return the consignments whose recipients are still to be sent a message that tells of all parcels."""
    messages, parcels = tables.messages, tables.parcels
    kinds = [kind.value for kind in (MessageKind.CODE_ISSUED, MessageKind.CODE_RENEWED, MessageKind.PARCEL_JOINED)]
    waiting = (
        sa.select(parcels.c.consignment_id)
        .join(messages, messages.c.parcel_id == parcels.c.id)
        .join(tables.holders, tables.holders.c.id == messages.c.holder_id)
        .where(parcels.c.consignment_id.in_(consignment_ids), is_recipient(), messages.c.kind.in_(kinds))
        .where(messages.c.sent_at.is_(None), messages.c.failed_at.is_(None), messages.c.tries == 0)
    )
    return set(t.connection.execute(waiting).scalars())
