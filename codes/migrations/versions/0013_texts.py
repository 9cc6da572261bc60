"""A phone number beside the mail address, and messages that go there"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for them; a message without a channel is a mail."""
    op.add_column("holders", sa.Column("phone", sa.String(length=16)))
    op.add_column("messages", sa.Column("channel", sa.String(length=10)))


def downgrade() -> None:
    """Forget the numbers, and the messages that an older release would send as mails."""
    op.execute("DELETE FROM messages WHERE channel IS NOT NULL")
    op.drop_column("messages", "channel")
    op.drop_column("holders", "phone")
