"""Whoever can write to the database can change any row of what proofs rest on; the audit finds it and says where."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes, tables
from codes.accounts.devices import public_key_from_jwk
from codes.auditing.audit import audit, audit_within
from codes.auditing.findings import Finding
from codes.recipients.outbox import claim_due, mark_failed_for_good, mark_sent
from codes.settings import WishSettings
from codes.store.schema import migrate
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import codes_over
from tests.parts.proofs import story
from tests.parts.proofs.tampering import Deed, deeds_on

pytestmark = pytest.mark.slow

RESTS_ON = (
    *(
        tables.consignments,
        tables.parcels,
        tables.delegate_parcels,
        tables.holders,
        tables.codes,
        tables.events,
        tables.verifications,
        tables.handovers,
    ),
    *(tables.delivery_attempts, tables.reports, tables.log_leaves, tables.log_nodes, tables.checkpoints),
    *(tables.stays, tables.wishes, tables.devices, tables.staff, tables.house, tables.house_events),
)
NO_PROOF_RESTS_ON = {
    "installation": "the names of the keys are held against the key files at every start",
    "messages": "deleted after a time; that one was sent is an event, and a row that claims it needs one",
    "report_photos": "a photograph, whose digest is in its report's event; one that does not fit it is not shown",
    "address_checks": "a warning about an address, which changes nothing that is sent",
    "device_signs": "whether a device lives at this moment",
    "enrolments": "an invitation; what came of it is a device",
    "assignments": "a plan of who carries what; who had a parcel at the door is signed by the device",
    "device_depots": "a word for reports",
    "device_points": "where a device stands now",
    "pickup_points": "terms of a place, which change; when a parcel came and left is an event",
    "shelves": "places, which change; on which one a parcel lay is an event",
    "shelf_counts": "what was seen on shelves, for the house's own supervision; no parcel is changed by it",
    "shops": "whose announcements are taken over; each is an event",
    "looks": "how a sender's pages and messages look",
    "shop_calls": "what came from them, deleted after a time",
    "import_parcels": "which parcels came from which file, for a list of them",
    "imports": "what was read from files; each parcel announced by them is an event",
    "webhooks": "who is told what happened; what happened is an event",
    "webhook_secrets": "who is told what happened; what happened is an event",
    "webhook_messages": "copies of events, deleted after a time",
    "webhook_deliveries": "which of them arrived, deleted after a time",
    "former_tickets": "addresses of pages that show nothing any more",
    "granted_tokens": "what devices were given; a handover made offline rests on the token that it shows",
    "budgets": "how often something was asked for; what came of it is an event",
    "cosignatures": "what witnesses signed; whoever has their keys checks it in each proof",
    "publications": "which checkpoint an outsider was given last; outsiders keep their own",
    "api_keys": "who may call; what came of a call is an event",
    "idempotency_keys": "answers kept for a day",
    "staff_badges": "how staff sign in",
    "passkeys": "how staff sign in",
    "staff_identities": "how staff sign in",
    "shifts": "who stands at a device at this moment",
    "staff_sessions": "who is signed in at this moment",
    "throttles": "counts of tries to sign in",
    "second_factors": "how staff sign in",
    "recovery_codes": "how staff sign in",
    "staff_actions": "a log for the house's own supervision",
}
SAMPLED_ON_POSTGRESQL = 80


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeliveryCodes]:
    """A house in which everything has happened; what a test does to it is undone. Once on each kind of database."""
    folder: Path = tmp_path_factory.mktemp("house")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'doorcode.db'}"
    else:
        url = request.getfixturevalue("postgres_server").fresh_database()
    database, clock = Database(url), TurnableClock()
    migrate(database)
    codes = codes_over(database, folder / "keyring.json", clock, wishes=WishSettings(another_day_within=5))
    story.tell(codes, clock)
    yield codes
    codes.close()


@pytest.fixture
def insider(house: DeliveryCodes) -> Iterator[sa.Connection]:
    """A connection without foreign keys, as an insider would take one; nothing done with it is kept."""
    with house.database.engine.connect() as connection:
        if house.database.is_sqlite:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
        connection.rollback()
        if house.database.is_sqlite:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            connection.exec_driver_sql("BEGIN")


def found_after(connection: sa.Connection, house: DeliveryCodes, *statements: Any) -> list[Finding]:
    """Do something, audit what it left behind, and undo it."""
    point = connection.begin_nested()
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, statement
    report = audit_within(connection, house.sealing_key.public_key(), house.ring())
    point.rollback()
    return list(report.findings)


def is_located(deed: Deed, found: list[Finding]) -> bool:
    """Tell whether a finding names the table, or the parcel or row that was touched."""
    return any(each.table == deed.table.name or each.row.split("/")[0] in deed.where for each in found)


def test_every_table_is_evidence_or_is_said_to_be_none() -> None:
    assert {table.name for table in RESTS_ON} | NO_PROOF_RESTS_ON.keys() == set(tables.metadata.tables)
    text = (Path(__file__).parents[3] / "docs" / "threat-model.md").read_text(encoding="utf-8")
    assert [name for name in NO_PROOF_RESTS_ON if f"`{name}`" not in text] == []


def test_an_untouched_house_has_no_findings(house: DeliveryCodes) -> None:
    report = audit(house.database, house.sealing_key.public_key(), house.ring())
    assert report.findings == ()
    assert report.parcels == story.PARCELS
    assert report.checkpoints == 5


def test_whatever_is_changed_deleted_put_in_reordered_or_swapped_is_found_and_located(
    house: DeliveryCodes, insider: sa.Connection
) -> None:
    rows = {table: insider.execute(sa.select(table).order_by(*table.primary_key.columns)).all() for table in RESTS_ON}
    assert [table.name for table, some in rows.items() if len(some) < 2] == ["house"]
    deeds = [deed for table, some in rows.items() for deed in deeds_on(table, some)]
    if not house.database.is_sqlite:
        deeds = random.Random(4).sample(deeds, SAMPLED_ON_POSTGRESQL)
    unnoticed = [
        (deed.table.name, deed.what, *map(str, found))
        for deed in deeds
        if not is_located(deed, found := found_after(insider, house, *deed.statements))
    ]
    assert not unnoticed, "\n".join(map(" | ".join, unnoticed))


def test_a_devices_key_that_is_replaced_is_found_twice_and_named(house: DeliveryCodes, insider: sa.Connection) -> None:
    devices = tables.devices
    device_id = insider.execute(sa.select(devices.c.id).where(devices.c.name == "Van 1")).scalar_one()
    stranger = {"public_key": public_key_from_jwk(SigningDevice().jwk)}
    change = sa.update(devices).where(devices.c.id == device_id).values(stranger)
    assert {str(each) for each in found_after(insider, house, change)} == {
        f"devices {device_id}: key is not what the events say",
        f"devices {device_id}: public_key is not the key that signed its presentations",
    }


def test_what_was_found_is_located(house: DeliveryCodes, insider: sa.Connection) -> None:
    events = tables.events
    row = insider.execute(sa.select(events).where(events.c.kind == "handed_over")).first()
    assert row is not None
    this = (events.c.parcel_id == row.parcel_id, events.c.position == row.position)
    change = sa.update(events).where(*this).values(facts=row.facts.replace("A", "B") + " ")
    found = found_after(insider, house, change)
    assert str(found[0]) == f"events {row.parcel_id}/{row.position}: it, or the one before, was altered"


def test_a_head_that_was_kept_out_of_the_log_is_found(house: DeliveryCodes, insider: sa.Connection) -> None:
    leaves, table, later = tables.log_leaves, tables.installation, house.clock() + timedelta(days=1)
    leaf = insider.execute(sa.select(leaves).order_by(leaves.c.place.desc()).limit(1)).one()
    found = found_after(
        insider,
        house,
        sa.update(table).where(table.c.name == "sealed_until").values(value=later.isoformat()),
        sa.delete(leaves).where(leaves.c.place == leaf.place),
    )
    assert f"log_leaves {leaf.parcel_id}: its head was passed over" in map(str, found)


def test_a_mail_that_was_never_sent_or_went_at_another_time_is_found(
    house: DeliveryCodes, insider: sa.Connection
) -> None:
    now, table = house.clock(), tables.messages
    first, second = house.write(claim_due, limit=2, lease=timedelta(minutes=1))
    house.write(mark_sent, first, "250 taken")
    house.write(mark_failed_for_good, second, "550 nobody here")
    house.seal()
    assert audit_within(insider, house.sealing_key.public_key(), house.ring()).findings == ()
    waiting = sa.select(table.c.id).where(table.c.due_at.is_not(None)).limit(1)
    unsent = insider.execute(waiting).scalar_one()
    stranger = sa.select(tables.holders.c.id).where(tables.holders.c.id != first.holder_id).limit(1)
    for message_id, values in (
        (unsent, {"sent_at": now}),
        (first.id, {"sent_at": now + timedelta(hours=1)}),
        (first.id, {"kind": "renewed"}),
        (first.id, {"sent_at": None, "failed_at": now}),
        (first.id, {"holder_id": insider.execute(stranger).scalar_one()}),
        (second.id, {"failed_at": now + timedelta(hours=1)}),
    ):
        found = found_after(insider, house, sa.update(table).where(table.c.id == message_id).values(**values))
        assert [str(each).split()[:2] for each in found] == [["messages", f"{message_id}:"]], values
    assert found_after(insider, house, sa.delete(table).where(table.c.id == first.id)) == [], "retention may"
