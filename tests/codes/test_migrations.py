"""The schema: up and down with data in it, on both databases, and equal to what the code believes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from codes import Database, DeliveryCodes, Outcome, tables
from codes.accounts.access import Role
from codes.accounts.signs import CameraState
from codes.auditing.audit import audit
from codes.model import ParcelSize
from codes.pickup.points import PointTerms
from codes.recipients.tickets import ShownCode
from codes.store.database import SCHEMA_VERSION, SchemaIsNewer, migration_config
from codes.tables import metadata
from tests.codes.conftest import shown
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled


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
    point_id = codes.pickup_points.add(PointTerms("Sample point"))
    codes.pickup_points.put_shelf(point_id, "A1", size=ParcelSize.M, room=9)
    codes.stays.take_in(driver.device_id, "P-3")
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


def test_a_store_from_before_the_houses_chain_begins_one_with_what_there_is(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("P-1")
    staff_id = codes.access.add_staff("Ada", "password of Ada", Role.AUDITOR)
    codes.access.block(staff_id, blocked=True)
    codes.devices.revoke(enrolled(codes).device_id)
    codes.present(driver.presentation("000000", "X-1", now=clock()))
    with codes.database.writing() as connection:
        command.downgrade(migration_config(connection), "0016")
        connection.execute(sa.update(tables.holders).values(opened_at=clock()))
    codes.database.migrate()
    key = codes.log.key.public_key()
    assert audit(codes.database, key, codes.ring()).findings == ()
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.devices).values(name="Another van"))
    found = audit(codes.database, key, codes.ring()).findings
    assert [(each.table, each.fault) for each in found] == [("devices", "name is not what the events say")] * 2


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


def test_connections_that_open_a_new_file_together_all_get_it(sqlite_url: str) -> None:
    stores = [Database(sqlite_url) for _ in range(8)]

    def look(store: Database) -> int:
        with store.reading() as connection:
            return int(connection.execute(sa.text("SELECT count(*) FROM sqlite_master")).scalar_one())

    with ThreadPoolExecutor(len(stores)) as pool:
        assert list(pool.map(look, stores)) == [0] * len(stores)
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
