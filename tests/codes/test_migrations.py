"""The schema: up and down with data in it, on both databases, and equal to what the code believes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from codes import Database, DeliveryCodes, Outcome
from codes.database import SCHEMA_VERSION, SchemaIsNewer, migration_config
from codes.signs import CameraState
from codes.tables import metadata
from codes.tickets import ShownCode
from tests.codes.conftest import shown
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice


def test_the_migrations_make_the_tables_that_the_code_believes_in(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    unexpected = [each for each in differences if "migration_turn" not in str(each)]
    assert unexpected == []


def test_the_version_that_starts_look_for_is_the_newest(database: Database) -> None:
    with database.reading() as connection:
        newest = ScriptDirectory.from_config(migration_config(connection)).get_current_head()
    assert newest == SCHEMA_VERSION


def test_down_to_nothing_step_by_step_and_up_again_keeps_what_older_schemas_hold(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Callable[..., ShownCode],
    clock: TurnableClock,
) -> None:
    for number in range(50):
        announce(f"P-{number}")
    handed_over = shown(codes, "P-1")
    codes.present(driver.presentation(handed_over.payload, "P-1", now=clock()))
    waiting = shown(codes, "P-2")
    codes.tours.load(driver.device_id, "P-2")
    codes.reminding.send_again(driver.device_id, "P-2")
    codes.signs.take(driver.device_id, CameraState.ON, 0)
    database = codes.database
    with database.writing() as connection:
        command.downgrade(migration_config(connection), "0001")
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM parcels")).scalar() == 50
        assert not sa.inspect(connection).has_table("reports")
    database.migrate()
    assert shown(codes, "P-2") == waiting
    assert codes.present(driver.presentation(waiting.payload, "P-2", now=clock())).outcome is Outcome.ACCEPTED
    again = codes.present(driver.presentation(handed_over.payload, "P-1", now=clock()))
    assert again.outcome is Outcome.ALREADY_HANDED_OVER
    with database.writing() as connection:
        command.downgrade(migration_config(connection), "base")
    with database.reading() as connection:
        left = set(sa.inspect(connection).get_table_names()) - {"alembic_version", "migration_turn"}
    assert left == set()


def test_processes_that_start_together_migrate_once(store_url: str) -> None:
    stores = [Database(store_url) for _ in range(4)]
    failures: list[Exception] = []

    def start(store: Database) -> None:
        try:
            store.migrate()
        except Exception as error:  # noqa: BLE001  whatever it is, the test shows it
            failures.append(error)

    threads = [Thread(target=start, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with stores[0].reading() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [
            SCHEMA_VERSION
        ]
    for store in stores:
        store.close()


def test_a_newer_releases_schema_is_a_stop(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaIsNewer, match="9999"):
        database.migrate()


def test_a_migration_cut_in_half_leaves_the_old_schema(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Database(store_url)
    with store.writing() as connection:
        command.upgrade(migration_config(connection), "0001")

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.add_column", cut)
        with pytest.raises(KeyboardInterrupt):
            store.migrate()
    with store.reading() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        assert not sa.inspect(connection).has_table("reports")
    store.migrate()
    with store.reading() as connection:
        assert sa.inspect(connection).has_table("reports")
    store.close()
