"""The log: an append-only tree of chain heads. Each checkpoint takes in the heads that changed since the last one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes import tables
from codes.proving.checkpoint import NO_CHECKPOINT, Checkpoint, head_leaf, read_checkpoint, sign_checkpoint
from codes.proving.house import HOUSE
from codes.proving.merkle import Lookup, Node, consistency_path, grow, inclusion_path, root_of
from codes.sealing.cosignatures import newest_cosigned
from codes.store.transaction import Transaction

OVERLAP = timedelta(minutes=10)
"""No transaction takes longer from its time to its commit, so looking back so far misses no event."""
SEALED_UNTIL = "sealed_until"


class NotSealed(LookupError):
    """The parcel's newest event stands in no checkpoint yet."""


def changed_chains(t: Transaction) -> list[UUID]:
    """Return the chains whose heads no checkpoint has taken in yet, the house's own first."""
    since = sealed_until(t.connection)
    of_house = t.connection.execute(_changed_heads([HOUSE])).scalars().all()
    return [*of_house, *t.connection.execute(_changed(since - OVERLAP if since else None)).scalars()]


def seal_chains(t: Transaction, key: Ed25519PrivateKey, chain_ids: Sequence[UUID]) -> Checkpoint | None:
    """Take in the heads of these chains and sign; None if all of them stand in the log already."""
    connection = t.connection
    last = _newest(connection)
    changed = connection.execute(_changed_heads(chain_ids)).all()
    if not changed:
        return None
    size = last.size if last else 0
    heads = [(row.id, row.events, row.head) for row in changed]
    connection.execute(
        sa.insert(tables.log_leaves),
        [
            {"place": size + number, "parcel_id": parcel_id, "position": position, "link": link}
            for number, (parcel_id, position, link) in enumerate(heads)
        ],
    )
    lookup = node_lookup(connection)
    fresh = dict(grow(size, [head_leaf(*head) for head in heads], lookup))
    nodes = [{"level": level, "place": place, "hash": value} for (level, place), value in fresh.items()]
    connection.execute(sa.insert(tables.log_nodes), nodes)
    checkpoint = sign_checkpoint(
        key,
        number=last.number + 1 if last else 1,
        at=t.now,
        size=size + len(heads),
        root=root_of(size + len(heads), lambda node: fresh[node] if node in fresh else lookup(node)),
        previous=last.digest() if last else NO_CHECKPOINT,
    )
    connection.execute(
        sa.insert(tables.checkpoints).values(
            number=checkpoint.number,
            at=t.now,
            size=checkpoint.size,
            document=json.dumps(checkpoint.document()),
            signature=checkpoint.signature,
            note_line=checkpoint.note_line,
        )
    )
    return checkpoint


def note_sealed_until(t: Transaction, began: datetime) -> None:
    """Record when a sealing began that took in everything that had happened by then."""
    table = tables.installation
    noted = sa.update(table).where(table.c.name == SEALED_UNTIL).values(value=began.isoformat())
    if t.connection.execute(noted).rowcount == 0:
        t.connection.execute(sa.insert(table).values(name=SEALED_UNTIL, value=began.isoformat()))


def newest_checkpoint(t: Transaction) -> Checkpoint | None:
    """Return the newest checkpoint."""
    return _newest(t.connection)


def checkpoints_after(t: Transaction, number: int, most: int = 1000) -> list[Checkpoint]:
    """Return the checkpoints after this one, in their order."""
    table = tables.checkpoints
    rows = t.connection.execute(
        sa.select(table).where(table.c.number > number).order_by(table.c.number).limit(most)
    ).all()
    return [_checkpoint(row) for row in rows]


def sealed_position(t: Transaction, parcel_id: UUID) -> int:
    """Return the position of a parcel's newest event that stands in the log; 0 if none does."""
    leaves = tables.log_leaves
    newest = sa.select(sa.func.max(leaves.c.position)).where(leaves.c.parcel_id == parcel_id)
    return t.connection.execute(newest).scalar() or 0


def inclusion_of(t: Transaction, parcel_id: UUID, position: int) -> tuple[Checkpoint, list[str], int, list[bytes]]:
    """Return a checkpoint with what witnesses signed, the place of this head in its tree, and its path.

    It is the newest that a witness signed, if that has the head already, else the newest. Raises NotSealed.
    """
    leaves, checkpoint = tables.log_leaves, _newest(t.connection)
    place = t.connection.execute(
        sa.select(leaves.c.place).where(leaves.c.parcel_id == parcel_id, leaves.c.position == position)
    ).scalar()
    if checkpoint is None or place is None or place >= checkpoint.size:
        raise NotSealed("the newest event stands in no checkpoint yet; try again in a moment")
    lines: list[str] = []
    if cosigned := newest_cosigned(t, place):
        number, lines = cosigned
        (checkpoint,) = checkpoints_after(t, number - 1, most=1)
    size = checkpoint.size
    return checkpoint, lines, place, _at_once(t.connection, lambda lookup: inclusion_path(place, size, lookup))


def consistency_since(t: Transaction, first: int, second: int) -> list[bytes]:
    """Return what shows that the tree of ``second`` leaves continues that of ``first``."""
    return _at_once(t.connection, lambda lookup: consistency_path(first, second, lookup))


def node_lookup(connection: sa.Connection) -> Lookup:
    """Return a way to fetch the hash of a stored subtree."""
    nodes = tables.log_nodes

    def lookup(node: Node) -> bytes:
        level, place = node
        found: bytes = connection.execute(
            sa.select(nodes.c.hash).where(nodes.c.level == level, nodes.c.place == place)
        ).scalar_one()
        return found

    return lookup


def _at_once(connection: sa.Connection, path_of: Callable[[Lookup], list[bytes]]) -> list[bytes]:
    """Return a path, its nodes fetched together: which ones they are depends on no hash."""
    nodes = tables.log_nodes
    wanted: list[Node] = []

    def note(node: Node) -> bytes:
        wanted.append(node)
        return b""

    path_of(note)
    # SQLite looks a list of pairs up by no index, each pair alone it does.
    each = (sa.and_(nodes.c.level == level, nodes.c.place == place) for level, place in wanted)
    these = sa.or_(sa.false(), *each)
    found = {(row.level, row.place): row.hash for row in connection.execute(sa.select(nodes).where(these))}
    return path_of(found.__getitem__)


def _changed(since: datetime | None) -> sa.Select[Any]:
    """Ask for the parcels with an event since then, or at any time, whose newest event is no leaf yet."""
    parcels, events = tables.parcels, tables.events
    query = sa.select(parcels.c.id).where(~taken_in(parcels)).order_by(parcels.c.id)
    if since is None:
        return query
    return query.where(parcels.c.id.in_(sa.select(events.c.parcel_id).where(events.c.at >= since)))


def _changed_heads(chain_ids: Sequence[UUID]) -> sa.CompoundSelect[Any]:
    """Ask for the heads of these parcels, or of the house, if they are no leaves yet."""
    some = [
        sa.select(table.c.id, table.c.events, table.c.head).where(
            table.c.id.in_(chain_ids), table.c.events > 0, ~taken_in(table)
        )
        for table in (tables.parcels, tables.house)
    ]
    return sa.union_all(*some).order_by("id")


def taken_in(heads: sa.Table) -> sa.ColumnElement[bool]:
    """Ask whether a chain's head is a leaf."""
    leaves = tables.log_leaves
    return sa.exists().where(leaves.c.parcel_id == heads.c.id, leaves.c.position == heads.c.events)


def sealed_until(connection: sa.Connection) -> datetime | None:
    """Return when the last complete sealing began."""
    table = tables.installation
    noted = connection.execute(sa.select(table.c.value).where(table.c.name == SEALED_UNTIL)).scalar()
    return datetime.fromisoformat(noted) if noted else None


def _newest(connection: sa.Connection) -> Checkpoint | None:
    table = tables.checkpoints
    row = connection.execute(sa.select(table).order_by(table.c.number.desc()).limit(1)).one_or_none()
    return _checkpoint(row) if row else None


def _checkpoint(row: Any) -> Checkpoint:
    return replace(read_checkpoint(json.loads(row.document), row.signature.hex()), note_line=row.note_line)
