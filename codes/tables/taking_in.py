"""Where parcels come from: shops, how their senders look, and imports of files."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import Instant, metadata

shops = sa.Table(
    "shops",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("key_id", sa.String(40), nullable=False),
    sa.Column("secret", sa.LargeBinary(400), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("removed_at", Instant),
    sa.Column("refused_at", Instant),
    sa.Column("mapping", sa.Text),
)

# How the pages and messages of a key's or a shop's parcels look: the owner is who announced them.
looks = sa.Table(
    "looks",
    metadata,
    sa.Column("owner", sa.String(45), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("accent", sa.String(7), nullable=False),
    sa.Column("ink", sa.String(7), nullable=False),
    sa.Column("imprint", sa.String(1000), nullable=False),
    sa.Column("reply_to", sa.String(254)),
    sa.Column("logo", sa.LargeBinary),
    sa.Column("logo_tag", sa.String(12)),
    sa.Column("changed_at", Instant, nullable=False),
)

shop_calls = sa.Table(
    "shop_calls",
    metadata,
    sa.Column("shop_id", sa.Uuid, sa.ForeignKey("shops.id"), primary_key=True),
    sa.Column("call_id", sa.String(100), primary_key=True),
    sa.Column("received_at", Instant, nullable=False, index=True),
    sa.Column("topic", sa.String(100), nullable=False),
    sa.Column("result", sa.String(20), nullable=False),
    sa.Column("detail", sa.String(1000), nullable=False),
)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("made_by", sa.String(100), nullable=False),
    sa.Column("made_at", Instant, nullable=False, index=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("mapping", sa.Text, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("conflicts", sa.Integer, nullable=False),
    sa.Column("detail", sa.String(1000), nullable=False),
    sa.Column("started_at", Instant),
    sa.Column("stopped_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("leased_until", Instant),
)

# Which parcels a file announced, as long as the file's own row stands.
import_parcels = sa.Table(
    "import_parcels",
    metadata,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("parcel_id", sa.Uuid, sa.ForeignKey("parcels.id"), primary_key=True),
)
