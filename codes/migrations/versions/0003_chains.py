"""Chains of events, and the log that fixes them"""

import hashlib
import json
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEGINNING = bytes(32)
TOGETHER = 1000


def upgrade() -> None:
    """Give every event its link, as if chains had been kept from the first one on."""
    op.add_column("parcels", sa.Column("head", sa.LargeBinary(32), nullable=False, server_default=sa.text("''")))
    op.add_column("events", sa.Column("link", sa.LargeBinary(32), nullable=False, server_default=sa.text("''")))
    op.add_column("holders", sa.Column("salt", sa.LargeBinary(16), nullable=True))
    op.create_index("ix_events_at", "events", ["at"])
    op.create_index("ix_codes_holder_id", "codes", ["holder_id"])
    op.create_table(
        "log_leaves",
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("link", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_log_leaves")),
        sa.UniqueConstraint("parcel_id", "position", name=op.f("uq_log_leaves_parcel_id_position")),
    )
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_log_nodes")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "publications",
        sa.Column("target", sa.String(length=500), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_publications")),
    )
    _chain_what_is_there(op.get_bind())


def downgrade() -> None:
    """Forget the chains; the events stay."""
    op.drop_table("publications")
    op.drop_table("checkpoints")
    op.drop_table("log_nodes")
    op.drop_table("log_leaves")
    op.drop_index("ix_codes_holder_id", table_name="codes")
    op.drop_index("ix_events_at", table_name="events")
    op.drop_column("holders", "salt")
    op.drop_column("events", "link")
    op.drop_column("parcels", "head")


def _chain_what_is_there(connection: sa.Connection) -> None:
    """Link the events of all parcels, some parcels at a time. The form is that of this schema, for ever."""
    parcels = sa.table("parcels", sa.column("id", sa.Uuid()), sa.column("head", sa.LargeBinary()))
    events = sa.table(
        "events",
        sa.column("parcel_id", sa.Uuid()),
        sa.column("position", sa.Integer()),
        sa.column("kind", sa.String()),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("facts", sa.Text()),
        sa.column("link", sa.LargeBinary()),
    )
    link_event = (
        sa.update(events)
        .where(events.c.parcel_id == sa.bindparam("of"), events.c.position == sa.bindparam("number"))
        .values(link=sa.bindparam("is"))
    )
    set_head = sa.update(parcels).where(parcels.c.id == sa.bindparam("of")).values(head=sa.bindparam("is"))
    after: Any = None
    while True:
        some = sa.select(parcels.c.id).order_by(parcels.c.id).limit(TOGETHER)
        ids = connection.execute(some if after is None else some.where(parcels.c.id > after)).scalars().all()
        if not ids:
            return
        after = ids[-1]
        heads = dict.fromkeys(ids, BEGINNING)
        links = []
        chosen = sa.select(events).where(events.c.parcel_id.in_(ids)).order_by(events.c.parcel_id, events.c.position)
        for row in connection.execute(chosen).all():
            heads[row.parcel_id] = _link(row, heads[row.parcel_id])
            links.append({"of": row.parcel_id, "number": row.position, "is": heads[row.parcel_id]})
        if links:
            connection.execute(link_event, links)
        connection.execute(set_head, [{"of": parcel_id, "is": head} for parcel_id, head in heads.items()])


def _link(event: Any, previous: bytes) -> bytes:
    at = event.at.replace(tzinfo=UTC) if event.at.tzinfo is None else event.at.astimezone(UTC)
    document = {
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "facts": json.loads(event.facts),
        "kind": event.kind,
        "parcel": str(event.parcel_id),
        "position": event.position,
        "previous": previous.hex(),
    }
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).digest()
