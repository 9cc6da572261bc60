"""Whoever can write to the database can change any row, and the audit finds it and says where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, Person, tables
from codes.access import Role
from codes.audit import Audit, audit
from codes.checkpoint import Checkpoint
from codes.model import AttemptReason, ReportKind
from codes.tickets import ShownCode
from codes.visits import Visit
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

RESTS_ON = (
    *(tables.parcels, tables.holders, tables.codes, tables.events, tables.verifications, tables.handovers),
    *(tables.delivery_attempts, tables.reports, tables.log_leaves, tables.log_nodes, tables.checkpoints),
)
NOT_EVIDENCE = {
    "parcels": {"wrong_digits"},
    "holders": {"salt"},
    "codes": set(),
    "events": set(),
    "verifications": set(),
    "handovers": {"salt"},
    "delivery_attempts": set(),
    "reports": {"salt"},
    "log_leaves": set(),
    "log_nodes": set(),
    "checkpoints": set(),
}
"""Counters, and salts: a salt that is changed no longer fits what it belongs to, which is found there."""


def audited(codes: DeliveryCodes, against: Checkpoint | None = None) -> Audit:
    return audit(codes.database, codes.log.key.public_key(), codes.ring(), against=against)


@pytest.fixture
def story(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> DeliveryCodes:
    """Every kind of thing that happens to parcels, sealed in several checkpoints."""
    from uuid import uuid4

    other = enrolled(codes)
    for number in range(4):
        code = announce(f"P-{number}")
        clock.turn(timedelta(seconds=1))
        device = (driver, other)[number % 2]
        codes.present(
            device.presentation("000000" if code.digits != "000000" else "000001", f"P-{number}", now=clock())
        )
        codes.present(device.presentation(code.payload, f"P-{number}", now=clock()))
        codes.log.seal()
    for reference in ("S-1", "S-2", "W-1", "W-2"):
        announce(reference)
    members = []
    for name in ("first", "second"):
        codes.access.add_staff(name, f"password of {name}", Role.SUPERVISOR)
        members.append(codes.access.member_by_password(name, f"password of {name}"))
    for reference in ("S-1", "S-2"):
        codes.mark_out_for_delivery(reference)
        visit = Visit(uuid4(), driver.device_id, reference, AttemptReason.NOBODY_HOME, clock())
        codes.visits.end_without_handover(visit)
        codes.visits.hand_over_supervised(reference, members[0], members[1], f"The phone of {reference} is broken")  # type: ignore[arg-type]
    for reference in ("P-0", "P-1"):
        parcel = codes.parcel(reference)
        assert parcel is not None
        codes.contests.contest(parcel.holder_id, ReportKind.NOT_RECEIVED)
        (report,) = codes.contests.of(parcel.parcel_id)
        assert members[0] is not None
        codes.contests.answer(report.report_id, members[0], f"We looked into {reference} and pay.")
    for reference in ("W-1", "W-2"):
        parcel = codes.parcel(reference)
        assert parcel is not None
        clock.turn(timedelta(seconds=1))
        codes.renew(parcel.holder_id, "recipient")
        delegate = codes.delegates.name(parcel.holder_id, Person(f"Neighbour of {reference}"), clock() + timedelta(1))
        codes.delegates.withdraw(parcel.holder_id, delegate.holder_id)
    codes.revoke("W-2", "sender")
    codes.erasing.erase_parcel("P-3")
    codes.log.seal()
    return codes


def other_value(column: sa.Column[Any], value: Any) -> Any:
    """Return another value of the column's kind, as somebody would put who wants to change the past."""
    if isinstance(column.type, sa.Boolean):
        return not value
    if isinstance(column.type, sa.Integer):
        return (value or 0) + 1000
    if isinstance(column.type, sa.LargeBinary):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(column.type, sa.Uuid):
        return type(value)(int=value.int ^ 1)
    if isinstance(column.type, tables.Instant):
        return value + timedelta(hours=1)
    return ("x" if value[:1] != "x" else "y") + value[1:]


def loosely(codes: DeliveryCodes) -> Any:
    """Give a connection without foreign keys, as an insider would take one."""
    connection = codes.database.engine.connect()
    if codes.database.is_sqlite:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("SET session_replication_role = replica")
    return connection


def found_after(connection: Any, codes: DeliveryCodes, work: Any) -> set[str]:
    """Do something, audit what it left behind, and undo it."""
    from codes import audit as module

    connection.execute(work)
    chains = module.Chains(connection, codes.ring())
    for _ in chains.walk():
        pass
    checkpoints: list[Checkpoint] = []
    log = [*module.audit_leaves(connection, chains.links)]
    log += module.audit_checkpoints(connection, codes.log.key.public_key(), checkpoints)
    return {str(finding) for finding in (*chains.findings, *log)}


def key_of(table: sa.Table, row: Any) -> Any:
    return sa.and_(*(column == row._mapping[column.name] for column in table.primary_key.columns))


def test_an_untouched_store_has_no_findings(story: DeliveryCodes) -> None:
    report = audited(story)
    assert report.findings == ()
    assert report.parcels == 8
    assert report.checkpoints == 5


def test_every_value_that_is_changed_is_found(story: DeliveryCodes) -> None:
    connection = loosely(story)
    for table in RESTS_ON:
        rows = connection.execute(sa.select(table)).all()
        assert rows
        for row in rows[:3]:
            for column in table.columns:
                value = row._mapping[column.name]
                if value is None or column.name in NOT_EVIDENCE[table.name]:
                    continue
                if row._mapping.get("erased_at") and column.name in ("ticket_digest", "language", "key_id"):
                    continue
                point = connection.begin_nested()
                change = sa.update(table).where(key_of(table, row)).values({column.name: other_value(column, value)})
                found = found_after(connection, story, change)
                point.rollback()
                assert any(each.split()[0] in (table.name, "log_leaves", "events") for each in found), (column, row)
    connection.close()


def test_every_row_that_is_deleted_is_found(story: DeliveryCodes) -> None:
    connection = loosely(story)
    for table in RESTS_ON:
        for row in connection.execute(sa.select(table)).all():
            point = connection.begin_nested()
            found = found_after(connection, story, sa.delete(table).where(key_of(table, row)))
            point.rollback()
            assert found, row
    connection.close()


def test_a_row_that_is_put_in_is_found(story: DeliveryCodes) -> None:
    connection = loosely(story)
    for table in RESTS_ON:
        point = connection.begin_nested()
        row = dict(connection.execute(sa.select(table)).all()[-1]._mapping)
        for column in table.columns:
            unique = any(column.name in constraint.columns for constraint in table.constraints if is_unique(constraint))
            if column.primary_key or column.unique or unique:
                kept = table is not tables.parcels and column.name == "parcel_id" and table is not tables.handovers
                row[column.name] = row[column.name] if kept else other_value(column, row[column.name])
        assert found_after(connection, story, sa.insert(table).values(**row)), table
        point.rollback()
    connection.close()


def is_unique(constraint: Any) -> bool:
    return isinstance(constraint, sa.UniqueConstraint)


def test_two_rows_whose_contents_are_swapped_are_found(story: DeliveryCodes) -> None:
    connection = loosely(story)
    for table in RESTS_ON:
        point = connection.begin_nested()
        first, second = connection.execute(sa.select(table)).all()[:2]
        unique = {column.name for column in table.columns if column.unique}
        unique |= {c.name for constraint in table.constraints if is_unique(constraint) for c in constraint.columns}
        names = [c.name for c in table.columns if not c.primary_key and c.name not in unique]
        moved = {name: second._mapping[name] for name in names}
        connection.execute(sa.update(table).where(key_of(table, second)).values({n: first._mapping[n] for n in names}))
        assert found_after(connection, story, sa.update(table).where(key_of(table, first)).values(moved)), table
        point.rollback()
    connection.close()


def test_a_devices_key_that_is_replaced_is_found_and_named(story: DeliveryCodes) -> None:
    with story.database.writing() as connection:
        row = connection.execute(sa.select(tables.devices)).first()
        assert row is not None
        other = SigningDevice()
        from codes.devices import public_key_from_jwk

        values = {"public_key": public_key_from_jwk(other.jwk)}
        connection.execute(sa.update(tables.devices).where(tables.devices.c.id == row.id).values(values))
    assert any(str(each).startswith(f"devices {row.id}: public_key") for each in audited(story).findings)


def test_a_mail_that_was_never_sent_or_went_at_another_time_is_found(story: DeliveryCodes) -> None:
    now, table = story.clock(), tables.messages
    first, second = story.outbox.claim_due(now, limit=2, lease=timedelta(minutes=1))
    story.outbox.mark_sent(first, now, "250 taken")
    story.outbox.mark_failed_for_good(second, now, "550 nobody here")
    story.log.seal()
    assert audited(story).findings == ()
    connection = loosely(story)
    waiting = sa.select(table.c.id).where(table.c.due_at.is_not(None)).limit(1)
    unsent = connection.execute(waiting).scalar_one()
    stranger = sa.select(tables.holders.c.id).where(tables.holders.c.parcel_id != first.parcel_id).limit(1)
    for message_id, values in (
        (unsent, {"sent_at": now}),
        (first.id, {"sent_at": now + timedelta(hours=1)}),
        (first.id, {"kind": "renewed"}),
        (first.id, {"sent_at": None, "failed_at": now}),
        (first.id, {"holder_id": connection.execute(stranger).scalar_one()}),
        (second.id, {"failed_at": now + timedelta(hours=1)}),
    ):
        point = connection.begin_nested()
        found = found_after(connection, story, sa.update(table).where(table.c.id == message_id).values(**values))
        point.rollback()
        assert [each.split()[:2] for each in found] == [["messages", f"{message_id}:"]], values
    point = connection.begin_nested()
    assert found_after(connection, story, sa.delete(table).where(table.c.id == first.id)) == set(), "retention may"
    point.rollback()
    connection.close()


def test_what_was_found_is_located(story: DeliveryCodes) -> None:
    events = tables.events
    with story.database.writing() as connection:
        row = connection.execute(sa.select(events).where(events.c.kind == "handed_over")).first()
        assert row is not None
        connection.execute(sa.update(events).where(key_of(events, row)).values(facts=row.facts.replace("A", "B") + " "))
    found = audited(story).findings
    assert str(found[0]) == f"events {row.parcel_id}/{row.position}: it, or the one before, was altered"


def test_a_store_put_back_to_yesterday_fails_against_what_was_published(
    codes: DeliveryCodes, announce: Callable[..., ShownCode]
) -> None:
    announce("P-1")
    codes.log.seal()
    yesterday = codes.log.newest()
    announce("P-2")
    codes.log.seal()
    published = codes.log.newest()
    assert yesterday is not None
    assert published is not None
    assert audited(codes, yesterday).findings == ()
    assert audited(codes, published).findings == ()
    with codes.database.writing() as connection:
        connection.execute(sa.delete(tables.checkpoints).where(tables.checkpoints.c.number > yesterday.number))
        connection.execute(sa.delete(tables.log_leaves).where(tables.log_leaves.c.place >= yesterday.size))
        connection.execute(
            sa.delete(tables.log_nodes).where(sa.or_(tables.log_nodes.c.level > 0, tables.log_nodes.c.place > 0))
        )
        of = sa.select(tables.parcels.c.id).where(tables.parcels.c.reference == "P-2").scalar_subquery()
        for table in (tables.messages, tables.codes, tables.events, tables.holders):
            connection.execute(sa.delete(table).where(table.c.parcel_id == of))
        connection.execute(sa.delete(tables.parcels).where(tables.parcels.c.reference == "P-2"))
    assert audited(codes).findings == (), "the store alone looks well"
    assert "shorter today" in str(audited(codes, published).findings[0])
    announce("P-3")
    codes.log.seal()
    assert "rewritten" in str(audited(codes, published).findings[0])
