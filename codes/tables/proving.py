"""What happened: a chain for each parcel and one for the house, their leaves in one log, and its checkpoints.

`parcels.head` and `house.head` hold each chain's last link; `publications`, what outsiders got of the checkpoints.
"""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata

events = sa.Table(
    "events",
    metadata,
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("link", sa.LargeBinary(32), nullable=False),
    sa.Index("ix_events_at", "at"),
)

house = sa.Table(
    "house",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("head", sa.LargeBinary(32), nullable=False),
)

house_events = sa.Table(
    "house_events",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("link", sa.LargeBinary(32), nullable=False),
)

log_leaves = sa.Table(
    "log_leaves",
    metadata,
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("parcel_id", sa.Uuid, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("link", sa.LargeBinary(32), nullable=False),
    sa.UniqueConstraint("parcel_id", "position"),
)

log_nodes = sa.Table(
    "log_nodes",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("signature", sa.LargeBinary(64), nullable=False),
    sa.Column("note_line", sa.String(200), nullable=False),
)

cosignatures = sa.Table(
    "cosignatures",
    metadata,
    sa.Column("witness", sa.String(200), primary_key=True),
    sa.Column("checkpoint", sa.Integer, nullable=False),
    sa.Column("line", sa.String(20_000), nullable=False),
)

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("target", sa.String(500), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
