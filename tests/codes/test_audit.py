"""An audit of a store that nobody touched, and of one that was put back to yesterday."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from codes import DeliveryCodes, tables
from codes.auditing.audit import Audit, audit
from codes.proving.checkpoint import Checkpoint
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice


def audited(codes: DeliveryCodes, against: Checkpoint | None = None) -> Audit:
    return audit(codes.database, codes.log.key.public_key(), codes.ring(), against=against)


def test_a_parcel_that_is_announced_after_it_was_presented_is_no_finding(
    codes: DeliveryCodes, driver: SigningDevice, announce: Callable[..., ShownCode], clock: TurnableClock
) -> None:
    codes.present(driver.presentation("000000", "P-1", now=clock()))
    clock.turn(timedelta(hours=1))
    announce("P-1")
    announce("P-2")
    codes.present(driver.presentation("000000", "P-2", "X-9", now=clock()))
    codes.log.seal()
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
