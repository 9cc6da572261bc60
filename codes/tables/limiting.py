"""How often something was asked for: counts by whom or what it is about."""

from __future__ import annotations

import sqlalchemy as sa

from codes.tables.base import metadata

budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("subject", sa.Uuid, primary_key=True),
    sa.Column("what", sa.String(30), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("spent", sa.Integer, nullable=False),
)
