"""Shops that announce their parcels by webhook, and what they sent"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "shops",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=400), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("removed_at", moment),
        sa.Column("refused_at", moment),
    )
    op.create_table(
        "shop_calls",
        sa.Column("shop_id", sa.Uuid(), sa.ForeignKey("shops.id"), primary_key=True),
        sa.Column("call_id", sa.String(length=100), primary_key=True),
        sa.Column("received_at", moment, nullable=False, index=True),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=1000), nullable=False),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("shop_calls")
    op.drop_table("shops")
