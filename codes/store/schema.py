"""The schema: a new store is made of `codes/tables`, one of an older release is brought there by its migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from codes.proving.chain import BEGINNING
from codes.proving.house import HOUSE
from codes.store.database import Database, DatabaseError
from codes.store.patience import LONG_SECONDS, patient
from codes.tables import house, metadata

SCHEMA_VERSION = "0001"
VERSION_TABLE = "schema_version"
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = int.from_bytes(b"doorcode")
"""The number of the advisory lock of PostgreSQL at which processes that migrate queue."""


class SchemaUnknown(DatabaseError):
    """There are tables whose version nobody knows: of a program before the first release, or of another one."""


class SchemaIsNewer(DatabaseError):
    """The schema was made by a newer release than this one."""


def migrate(database: Database) -> None:
    """Bring the schema to this release's version, one process at a time. Raises SchemaIsNewer or SchemaUnknown."""
    if version_of(database) == SCHEMA_VERSION:
        return
    with patient(LONG_SECONDS), database.writing() as connection:
        if not database.is_sqlite:
            # A row or table to lock would have to be made first, and two processes can fail at that.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        _upgrade(connection, stored_version(connection))


def version_of(database: Database) -> str | None:
    """Return the version of the schema as it stands; None for an empty store. Raises SchemaUnknown."""
    with database.reading() as connection:
        return stored_version(connection)


def stored_version(connection: sa.Connection) -> str | None:
    """Return the version of a store's schema; None for an empty store. Raises SchemaUnknown."""
    there = set(sa.inspect(connection).get_table_names())
    version: str | None = None
    if VERSION_TABLE in there:
        version = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if version is None and there & metadata.tables.keys():
        raise SchemaUnknown(
            "the database holds tables of a version before the first release, or of another program: "
            "name an empty one in config.yaml (data_folder or database_url), "
            "and export what the old one holds with the version that made it"
        )
    return version


def _upgrade(connection: sa.Connection, stored: str | None) -> None:
    """Make a new store, or run the migrations; imported here because most starts need neither."""
    if stored == SCHEMA_VERSION:
        return
    from alembic import command
    from alembic.util import CommandError

    if stored is None:
        metadata.create_all(connection)
        connection.execute(sa.insert(house).values(id=HOUSE, events=0, head=BEGINNING))
        command.stamp(migration_config(connection), SCHEMA_VERSION)
        return
    try:
        command.upgrade(migration_config(connection), "head")
    except CommandError as error:
        raise SchemaIsNewer(f"the database has schema {stored}, newer than this release's {SCHEMA_VERSION}") from error


def migration_config(connection: sa.Connection) -> Any:
    """Return Alembic's configuration for this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes.update(connection=connection, metadata=metadata, version_table=VERSION_TABLE)
    return config
