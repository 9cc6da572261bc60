"""An audit of a store that nobody touched, and of one that was put back to yesterday."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, tables
from codes.auditing.audit import Audit, audit
from codes.proving.chain import BEGINNING, next_link
from codes.proving.checkpoint import Checkpoint
from codes.recipients.tickets import ShownCode
from codes.sealing.sealed_log import newest_checkpoint
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice


def audited(codes: DeliveryCodes, against: Checkpoint | None = None) -> Audit:
    return audit(codes.database, codes.sealing_key.public_key(), codes.ring(), against=against)


def test_a_parcel_that_is_announced_after_it_was_presented_is_no_finding(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    codes.present(driver.presentation("000000", "P-1", now=clock()))
    clock.turn(timedelta(hours=1))
    announce("P-1")
    announce("P-2")
    codes.present(driver.presentation("000000", "P-2", "X-9", now=clock()))
    codes.seal()
    assert audited(codes).findings == ()
    verifications = tables.verifications
    with codes.database.writing() as connection:
        first = sa.select(verifications.c.presentation_id).order_by(verifications.c.decided_at).limit(1)
        presentation_id = connection.execute(first).scalar_one()
        this = verifications.c.presentation_id == presentation_id
        connection.execute(sa.update(verifications).where(this).values(outcome="accepted"))
    assert [str(each) for each in audited(codes).findings] == [
        f"verifications {presentation_id}: outcome is not what event 2 says"
    ]


def test_a_store_put_back_to_yesterday_fails_against_what_was_published(
    codes: DeliveryCodes, announce: Callable[..., ShownCode]
) -> None:
    announce("P-1")
    codes.seal()
    yesterday = codes.read(newest_checkpoint)
    announce("P-2")
    codes.seal()
    published = codes.read(newest_checkpoint)
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
        of = sa.select(tables.parcels.c.id).where(tables.parcels.c.reference == "P-2")
        # A consignment has the id of its first parcel.
        parcel_id = connection.execute(of).scalar_one()
        holders = sa.select(tables.holders.c.id).where(tables.holders.c.consignment_id == parcel_id)
        connection.execute(sa.delete(tables.address_checks).where(tables.address_checks.c.holder_id.in_(holders)))
        for table, column in (
            (tables.messages, tables.messages.c.parcel_id),
            (tables.codes, tables.codes.c.consignment_id),
            (tables.events, tables.events.c.parcel_id),
            (tables.holders, tables.holders.c.consignment_id),
            (tables.parcels, tables.parcels.c.id),
            (tables.consignments, tables.consignments.c.id),
        ):
            connection.execute(sa.delete(table).where(column == parcel_id))
    assert audited(codes).findings == (), "the store alone looks well"
    assert "shorter today" in str(audited(codes, published).findings[0])
    announce("P-3")
    codes.seal()
    assert "rewritten" in str(audited(codes, published).findings[0])


def rewrite(codes: DeliveryCodes, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Write the one parcel's chain anew with all its links, as somebody with SQL could before it is sealed."""
    table, parcels = tables.events, tables.parcels
    with codes.database.writing() as connection:
        rows = [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(table.c.position))]
        facts = [json.loads(row["facts"]) for row in rows]
        for row, each in zip(rows, facts, strict=True):
            row["facts"] = each
        change(rows)
        link = BEGINNING
        for row in rows:
            row["facts"] = json.dumps(row["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            link = next_link(row["parcel_id"], row["position"], row["kind"], row["at"], row["facts"], link)
            row["link"] = link
        connection.execute(sa.delete(table))
        connection.execute(sa.insert(table), rows)
        connection.execute(sa.update(parcels).values(head=link))
        claimed = json.loads(handed_over_row(rows)["facts"])["at_door"]
        connection.execute(sa.update(tables.handovers).values(handed_over_at=datetime.fromisoformat(claimed)))


def handed_over_row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the event of the handover."""
    return next(row for row in rows if row["kind"] == "handed_over")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda rows: handed_over_row(rows)["facts"].update(at_door="2020-01-01T00:00:00.000000Z"),
            "at_door is before the parcel was announced",
        ),
        (
            lambda rows: handed_over_row(rows)["facts"].update(at_door="2030-01-01T00:00:00.000000Z"),
            "at_door is after it was recorded",
        ),
        (
            lambda rows: handed_over_row(rows).update(at=rows[0]["at"] - timedelta(hours=1)),
            "its time is before that of an event before it",
        ),
        (
            lambda rows: rows[0].update(at=rows[-1]["at"] + timedelta(hours=1)),
            "its time is before that of an event before it",
        ),
    ],
)
def test_times_out_of_order_are_found_even_where_every_link_fits(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Callable[..., ShownCode],
    clock: TurnableClock,
    change: Callable[[list[dict[str, Any]]], None],
    fault: str,
) -> None:
    code = announce("P-1")
    clock.turn(timedelta(hours=2))
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    rewrite(codes, lambda rows: None)
    assert audited(codes).findings == (), "a chain that says the same is the same"
    rewrite(codes, change)
    assert fault in [each.fault for each in audited(codes).findings]


def test_a_checkpoint_older_than_the_one_before_is_found(
    codes: DeliveryCodes, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    announce("P-1")
    codes.seal()
    announce("P-2")
    clock.turn(timedelta(hours=-1))
    codes.seal()
    assert "its time is before that of one before it" in [each.fault for each in audited(codes).findings]
