"""What all tables share: `metadata` and its naming, how a moment is kept, what a row is called by and is read into."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps it as text without a zone, PostgreSQL as timestamptz."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a time without a zone; it would be somebody's local time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def only(condition: str) -> dict[str, Any]:
    """Let an index hold only the rows of which this is true; a query uses it whose condition names the same."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)


def record_of(kind: type[Record], row: Any, /, **more: Any) -> Record:
    """Return a dataclass made of a row, whose columns are named like its fields; ``more`` is what is not so."""
    return kind(**{each.name: getattr(row, each.name) for each in fields(kind) if each.name not in more}, **more)


def uuid7(now: datetime, randomness: Callable[[int], int] = secrets.randbits) -> UUID:
    """Make a UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, 74 of randomness.

    New rows stand together in every index, since they are in the order of time. ``randomness`` takes a number of
    bits and gives an integer of at most so many.
    """
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | randomness(12) << 64 | 0b10 << 62 | randomness(62)
    return UUID(int=value)
