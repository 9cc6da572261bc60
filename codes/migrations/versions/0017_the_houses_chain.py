"""The house's own chain of devices and staff, and salts of what is erased or renamed"""

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HOUSE = UUID(int=0)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Begin the chain with the devices and the staff that there are."""
    for table in ("parcels", "devices", "staff"):
        op.add_column(table, sa.Column("salt", sa.LargeBinary(16)))
    op.create_table(
        "house",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house")),
    )
    op.create_table(
        "house_events",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("link", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_house_events")),
    )
    _chain_what_is_there(op.get_bind())


def downgrade() -> None:
    """Forget it again, with the leaves' claim on it left in the log."""
    op.drop_table("house_events")
    op.drop_table("house")
    for table in ("staff", "devices", "parcels"):
        op.drop_column(table, "salt")


def _chain_what_is_there(connection: sa.Connection) -> None:
    """Write one event for each fact, in the form of this schema. An empty store begins with an empty chain."""
    events = [*_devices(connection), *_staff(connection)]
    used = connection.execute(sa.text("SELECT 1 FROM parcels UNION ALL SELECT 1 FROM verifications")).first()
    if events or used:
        events.insert(0, ("begun", datetime.now(UTC), {}))
    table = sa.table(
        "house_events",
        *(sa.column("position", sa.Integer()), sa.column("kind", sa.String()), sa.column("at", MOMENT)),
        *(sa.column("facts", sa.Text()), sa.column("link", sa.LargeBinary())),
    )
    head = bytes(32)
    for position, (kind, at, facts) in enumerate(events, start=1):
        written = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        head = _link(position, kind, at, written, head)
        stored = at.replace(tzinfo=None) if connection.dialect.name == "sqlite" else at
        row = {"position": position, "kind": kind, "at": stored, "facts": written, "link": head}
        connection.execute(sa.insert(table).values(**row))
    house = sa.table(
        "house",
        *(sa.column("id", sa.Uuid()), sa.column("events", sa.Integer()), sa.column("head", sa.LargeBinary())),
    )
    connection.execute(sa.insert(house).values(id=HOUSE, events=len(events), head=head))


def _devices(connection: sa.Connection) -> list[tuple[str, datetime, dict[str, Any]]]:
    table = sa.table(
        "devices",
        *(sa.column("id", sa.Uuid()), sa.column("name", sa.String()), sa.column("kind", sa.String())),
        *(sa.column("language", sa.String()), sa.column("public_key", sa.LargeBinary())),
        *(sa.column("session_digest", sa.LargeBinary()), sa.column("enrolled_at", MOMENT)),
        *(sa.column("revoked_at", MOMENT), sa.column("salt", sa.LargeBinary())),
    )
    events = []
    for row in connection.execute(sa.select(table).order_by(table.c.id)).all():
        salt = _salted(connection, table, row.id)
        facts = {
            "device": str(row.id),
            "kind": row.kind,
            "language": row.language,
            "name": _commitment(salt, row.name),
            "key": row.public_key.hex(),
            "session": row.session_digest.hex(),
        }
        events.append(("device_enrolled", _utc(row.enrolled_at), facts))
        if row.revoked_at is not None:
            events.append(("device_revoked", _utc(row.revoked_at), {"device": str(row.id)}))
    return events


def _staff(connection: sa.Connection) -> list[tuple[str, datetime, dict[str, Any]]]:
    table = sa.table(
        "staff",
        *(sa.column("id", sa.Uuid()), sa.column("name", sa.String()), sa.column("password_hash", sa.String())),
        *(sa.column("role", sa.String()), sa.column("created_at", MOMENT), sa.column("blocked_at", MOMENT)),
        sa.column("salt", sa.LargeBinary()),
    )
    events = []
    for row in connection.execute(sa.select(table).order_by(table.c.id)).all():
        salt = _salted(connection, table, row.id)
        facts = {
            "staff": str(row.id),
            "role": row.role,
            "name": _commitment(salt, row.name),
            "password": hashlib.sha256(row.password_hash.encode()).hexdigest(),
        }
        events.append(("staff_added", _utc(row.created_at), facts))
        if row.blocked_at is not None:
            events.append(("staff_blocked", _utc(row.blocked_at), {"staff": str(row.id)}))
    return events


def _salted(connection: sa.Connection, table: Any, row_id: UUID) -> bytes:
    salt = secrets.token_bytes(16)
    connection.execute(sa.update(table).where(table.c.id == row_id).values(salt=salt))
    return salt


def _commitment(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + json.dumps(text, ensure_ascii=False).encode()).hexdigest()


def _link(position: int, kind: str, at: datetime, facts: str, previous: bytes) -> bytes:
    document = (
        f'{{"at":"{at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}","facts":{facts},"kind":"{kind}","parcel":"{HOUSE}",'
        f'"position":{position},"previous":"{previous.hex()}"}}'
    )
    return hashlib.sha256(document.encode()).digest()


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
