"""The schema: made once of the tables, and only ever brought forward to what they are, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from codes import Database
from codes.store.schema import (
    SCHEMA_VERSION,
    VERSION_TABLE,
    SchemaIsNewer,
    SchemaUnknown,
    migrate,
    migration_config,
    version_of,
)
from codes.tables import metadata

AT_ONCE = 8
FIRST_RELEASE = "0001"


def test_the_migrations_bring_the_first_release_to_the_tables_that_the_code_believes_in(database: Database) -> None:
    with database.writing() as connection:
        command.downgrade(migration_config(connection), FIRST_RELEASE)
        command.upgrade(migration_config(connection), "head")
        options = {"compare_server_default": True, "version_table": VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_the_version_that_starts_look_for_is_the_newest(database: Database) -> None:
    with database.reading() as connection:
        newest = ScriptDirectory.from_config(migration_config(connection)).get_current_head()
    assert newest == SCHEMA_VERSION == version_of(database)


def test_processes_that_start_together_migrate_once(store_url: str) -> None:
    stores, together = [Database(store_url) for _ in range(AT_ONCE)], Barrier(AT_ONCE)

    def start(store: Database) -> str | None:
        together.wait()
        migrate(store)
        return version_of(store)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(start, stores)) == [SCHEMA_VERSION] * AT_ONCE
    with stores[0].reading() as connection:
        assert connection.execute(sa.text(f"SELECT count(*) FROM {VERSION_TABLE}")).scalar() == 1
        assert connection.execute(sa.text("SELECT count(*) FROM house")).scalar() == 1
    for store in stores:
        store.close()


def test_connections_that_open_a_new_file_together_all_get_it(sqlite_url: str) -> None:
    stores = [Database(sqlite_url) for _ in range(AT_ONCE)]

    def look(store: Database) -> int:
        with store.reading() as connection:
            return int(connection.execute(sa.text("SELECT count(*) FROM sqlite_master")).scalar_one())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(look, stores)) == [0] * AT_ONCE
    for store in stores:
        store.close()


def test_a_newer_releases_schema_is_a_stop(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(SchemaIsNewer, match="9999"):
        migrate(database)


@pytest.mark.parametrize("stands", [["parcels", "alembic_version"], ["house"], ["house", VERSION_TABLE]])
def test_tables_of_which_no_version_is_known_are_a_stop_and_stay_as_they_are(store_url: str, stands: list[str]) -> None:
    store = Database(store_url)
    with store.writing() as connection:
        for name in stands:
            connection.execute(sa.text(f"CREATE TABLE {name} (version_num VARCHAR(32))"))
    for ask in (version_of, migrate):
        with pytest.raises(SchemaUnknown, match="name an empty one"):
            ask(store)
    with store.reading() as connection:
        assert set(sa.inspect(connection).get_table_names()) == set(stands)
    store.close()


def test_another_programs_tables_beside_ours_are_no_hindrance(store_url: str) -> None:
    store = Database(store_url)
    with store.writing() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0026')"))
    migrate(store)
    assert version_of(store) == SCHEMA_VERSION
    store.close()


def test_a_store_whose_making_is_cut_in_half_is_none(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Database(store_url)

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("alembic.command.stamp", cut)
        with pytest.raises(KeyboardInterrupt):
            migrate(store)
    with store.reading() as connection:
        assert sa.inspect(connection).get_table_names() == []
    migrate(store)
    assert version_of(store) == SCHEMA_VERSION
    store.close()
