"""Pickup points, their shelves, the parcels that lie there, and what recipients wish."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata, only

pickup_points = sa.Table(
    "pickup_points",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("place", sa.String(200), nullable=False),
    sa.Column("opening", sa.String(300), nullable=False),
    sa.Column("days_kept", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
)

shelves = sa.Table(
    "shelves",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False),
    sa.Column("name", sa.String(12), nullable=False),
    sa.Column("size", sa.String(2), nullable=False),
    sa.Column("room", sa.Integer, nullable=False),
    sa.Column("hatch", sa.Boolean, nullable=False),
    sa.Column("closed_at", Instant),
    sa.UniqueConstraint("point_id", "name"),
)

device_points = sa.Table(
    "device_points",
    metadata,
    sa.Column("device_id", sa.Uuid, sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False, index=True),
)

stays = sa.Table(
    "stays",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False),
    sa.Column("shelf_id", sa.Uuid, sa.ForeignKey("shelves.id")),
    sa.Column("device_id", sa.Uuid, nullable=False),
    sa.Column("size", sa.String(2), nullable=False),
    sa.Column("arrived_at", Instant, nullable=False),
    sa.Column("deadline", Instant, nullable=False),
    sa.Column("reminded_at", Instant),
    sa.Column("returned_at", Instant),
    sa.Index("ix_stays_point_id_deadline", "point_id", "deadline"),
)

wishes = sa.Table(
    "wishes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), nullable=False, index=True),
    sa.Column("day", sa.Date),
    sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id")),
    sa.Column("wished_at", Instant, nullable=False),
    sa.Column("withdrawn_at", Instant),
    sa.Column("staff_id", sa.Uuid),
    sa.Index("ix_wishes_point_id_parcel_id", "point_id", "parcel_id", **only("point_id IS NOT NULL")),
)

shelf_counts = sa.Table(
    "shelf_counts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("point_id", sa.Uuid, sa.ForeignKey("pickup_points.id"), nullable=False),
    sa.Column("shelf", sa.String(12), nullable=False),
    sa.Column("device_id", sa.Uuid, nullable=False),
    sa.Column("staff_id", sa.Uuid),
    sa.Column("counted_by", sa.String(100), nullable=False),
    sa.Column("counted_at", Instant, nullable=False),
    sa.Column("held", sa.Integer, nullable=False),
    sa.Column("missing", sa.Text, nullable=False),
    sa.Column("unexpected", sa.Text, nullable=False),
    sa.Index("ix_shelf_counts_point_id_counted_at", "point_id", "counted_at"),
)
