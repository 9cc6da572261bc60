"""What witnesses signed: the newest of each, since it covers all that was sealed before."""

from __future__ import annotations

import sqlalchemy as sa

from codes import tables
from codes.store.transaction import Transaction


def cosigned_size(t: Transaction, witness: str) -> int:
    """Return how many leaves the log had when this witness signed it last; 0 if it never did."""
    table, checkpoints = tables.cosignatures, tables.checkpoints
    size = t.connection.execute(
        sa.select(checkpoints.c.size)
        .join(table, table.c.checkpoint == checkpoints.c.number)
        .where(table.c.witness == witness)
    ).scalar()
    return int(size or 0)


def note_cosigned(t: Transaction, witness: str, checkpoint: int, line: str) -> None:
    """Keep a witness's line; it takes the place of an older one."""
    table = tables.cosignatures
    values = {"checkpoint": checkpoint, "line": line}
    newer = sa.update(table).where(table.c.witness == witness, table.c.checkpoint < checkpoint).values(**values)
    known = sa.exists().where(table.c.witness == witness)
    if t.connection.execute(newer).rowcount == 0 and not t.connection.execute(sa.select(known)).scalar():
        t.connection.execute(sa.insert(table).values(witness=witness, **values))


def newest_cosigned(t: Transaction, place: int) -> tuple[int, list[str]] | None:
    """Return the number of the newest checkpoint with this leaf that a witness signed, and what was signed."""
    table, checkpoints = tables.cosignatures, tables.checkpoints
    rows = t.connection.execute(
        sa.select(table.c.checkpoint, table.c.line)
        .join(checkpoints, checkpoints.c.number == table.c.checkpoint)
        .where(checkpoints.c.size > place)
        .order_by(table.c.checkpoint.desc(), table.c.witness)
    ).all()
    return (rows[0].checkpoint, [row.line for row in rows if row.checkpoint == rows[0].checkpoint]) if rows else None
