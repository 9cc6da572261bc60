"""The audit's second half: leaves, nodes and checkpoints of the log, and a checkpoint that was published before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from codes import tables
from codes.auditing.findings import Finding
from codes.auditing.plain import plain
from codes.proving.checkpoint import (
    NO_CHECKPOINT,
    BadCheckpoint,
    Checkpoint,
    check_signature,
    head_leaf,
    read_checkpoint,
)
from codes.proving.merkle import Node, consistency_path, node_hash, root_of, verify_consistency
from codes.proving.signed_note import BadNote, check_line, log_key
from codes.sealing.sealed_log import OVERLAP, sealed_until, taken_in

Nodes = dict[Node, bytes]


def read_nodes(connection: sa.Connection) -> Nodes:
    """Return all stored nodes of the log's tree."""
    nodes = tables.log_nodes
    return {(level, place): value for level, place, value in connection.execute(sa.select(nodes))}


def audit_unsealed(connection: sa.Connection) -> Iterator[Finding]:
    """Name heads that should be leaves since long and are not: somebody kept them out of the log."""
    parcels, events, until = tables.parcels, tables.events, sealed_until(connection)
    if until is None:
        return
    newest = sa.and_(events.c.parcel_id == parcels.c.id, events.c.position == parcels.c.events)
    unsealed = sa.select(parcels.c.id).join(events, newest).where(~taken_in(parcels), events.c.at < until - OVERLAP)
    for parcel_id in connection.execute(unsealed.order_by(parcels.c.id)).scalars():
        yield Finding("log_leaves", str(parcel_id), "its head was passed over")


def audit_leaves(connection: sa.Connection, stored: Nodes) -> Iterator[Finding]:
    """Check that the leaves are complete and stand in the tree, and each node is the hash of what lies below it."""
    leaves, count = tables.log_leaves, 0
    for row in connection.execute(plain(leaves).order_by(leaves.c.place)):
        if row.place != count:
            yield Finding("log_leaves", str(count), "is missing")
            return
        count += 1
        if stored.get((0, row.place)) != head_leaf(row.parcel_id, row.position, row.link):
            yield Finding("log_leaves", str(row.place), "its hash does not stand in the tree")
            yield Finding("log_nodes", f"0/{row.place}", "it is not the hash of its leaf")
    level, width = 0, count
    while width > 1:
        for place in range(width // 2):
            left, right = stored.get((level, 2 * place)), stored.get((level, 2 * place + 1))
            if left is None or right is None or stored.get((level + 1, place)) != node_hash(left, right):
                yield Finding("log_nodes", f"{level + 1}/{place}", "it is not the hash of the two below it")
        level, width = level + 1, width // 2
    if len(stored) != _nodes_of(count):
        yield Finding("log_nodes", "-", f"{len(stored)} stand there, {_nodes_of(count)} should")


def _nodes_of(leaves: int) -> int:
    """Return how many perfect subtrees a tree of so many leaves has."""
    total = 0
    while leaves:
        total, leaves = total + leaves, leaves // 2
    return total


def audit_checkpoints(
    connection: sa.Connection, public_key: Ed25519PublicKey, checkpoints: list[Checkpoint], stored: Nodes
) -> Iterator[Finding]:
    """Check each checkpoint's signature, its link to the one before, and its root; good ones are added to the list."""
    table = tables.checkpoints
    log = log_key(public_key)
    previous, size, latest = NO_CHECKPOINT, 0, datetime.min.replace(tzinfo=UTC)
    for expected, row in enumerate(connection.execute(sa.select(table).order_by(table.c.number)).all(), start=1):
        where = str(row.number)
        if row.number != expected:
            yield Finding("checkpoints", str(expected), "is missing")
            break
        try:
            checkpoint = read_checkpoint(json.loads(row.document), row.signature.hex())
            check_signature(public_key, checkpoint)
            check_line(checkpoint.note_text(), row.note_line, log)
        except (BadCheckpoint, BadNote, ValueError) as error:
            yield Finding("checkpoints", where, str(error))
            break
        written = row.document == json.dumps(checkpoint.document())
        follows = written and row.at == datetime.fromisoformat(checkpoint.at) and checkpoint.size > size
        if (latest := max(latest, row.at)) > row.at + OVERLAP:
            yield Finding("checkpoints", where, "its time is before that of one before it")
        stands = (row.number, row.size, previous)
        if not follows or stands != (checkpoint.number, checkpoint.size, checkpoint.previous):
            yield Finding("checkpoints", where, "it does not follow from the one before")
        if not _has_root(checkpoint, stored):
            yield Finding("checkpoints", where, "the log does not have the root that was signed")
        checkpoints.append(checkpoint)
        previous, size = checkpoint.digest(), checkpoint.size
    leaves = connection.execute(sa.select(sa.func.count()).select_from(tables.log_leaves)).scalar_one()
    if leaves != size:
        yield Finding("log_leaves", "-", f"{leaves} leaves, the newest checkpoint fixes {size}")
        yield Finding("checkpoints", str(len(checkpoints)), "it is not the newest one that was signed")


def _has_root(checkpoint: Checkpoint, stored: Nodes) -> bool:
    try:
        return root_of(checkpoint.size, stored.__getitem__) == checkpoint.root
    except KeyError:
        return False


def audit_against(
    stored: Nodes, checkpoints: list[Checkpoint], public_key: Ed25519PublicKey, earlier: Checkpoint
) -> Iterator[Finding]:
    """Check that the log of today began as the published checkpoint says."""
    where = f"checkpoint {earlier.number} of {earlier.at}"
    try:
        check_signature(public_key, earlier)
    except BadCheckpoint as error:
        yield Finding("published", where, str(error))
        return
    newest = checkpoints[-1] if checkpoints else None
    if newest is None or newest.size < earlier.size:
        yield Finding("published", where, "the log is shorter today than it was then: something was taken back")
        return
    try:
        path = consistency_path(earlier.size, newest.size, stored.__getitem__)
    except KeyError:
        path = []
    if not verify_consistency(earlier.size, newest.size, earlier.root, newest.root, path):
        yield Finding("published", where, "the log of today does not begin as it did then: the past was rewritten")
