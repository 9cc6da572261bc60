"""A code that would expire while its parcel waits stays valid until the deadline, and the chain says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.auditing.audit import audit
from codes.life.delegates import name_delegate
from codes.life.issuing import renew_code
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import DeviceKind, EventKind, Outcome
from codes.pickup.intake import send_back, take_in
from codes.pickup.points import PointTerms, add_point
from codes.proving.chain import write_moment
from codes.recipients.tickets import ShownCode, ticket_of_holder
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import SETTINGS, shown

LIFETIME = timedelta(days=SETTINGS.lifetime_days)
KEPT = timedelta(days=7)
Announce = Callable[..., ShownCode]


@pytest.fixture
def counter(codes: DeliveryCodes) -> SigningDevice:
    """A device at the one pickup point, which keeps parcels for a week."""
    codes.write(add_point, PointTerms("Kiosk Sample", days_kept=KEPT.days))
    return enrolled(codes, DeviceKind.COUNTER)


def recipient(codes: DeliveryCodes, reference: str) -> UUID:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return parcel.holder_id


def prolonged(codes: DeliveryCodes, reference: str) -> list[object]:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    events = codes.read(events_of_parcel, parcel.parcel_id)
    return [event.facts["expires"] for event in events if event.kind is EventKind.CODE_PROLONGED]


def presented(codes: DeliveryCodes, counter: SigningDevice, code: str, reference: str, clock: TurnableClock) -> Outcome:
    return codes.present(counter.presentation(code, reference, now=clock())).outcome


def findings(codes: DeliveryCodes) -> list[str]:
    return [str(each) for each in audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings]


@pytest.mark.parametrize("age", [LIFETIME - timedelta(days=1), LIFETIME, LIFETIME + timedelta(days=3)])
def test_a_code_that_would_not_last_opens_until_the_deadline_and_no_longer(
    codes: DeliveryCodes, counter: SigningDevice, announce: Announce, clock: TurnableClock, age: timedelta
) -> None:
    early, late = announce("P-1"), announce("P-2")
    clock.turn(age)
    deadline = clock() + KEPT
    for reference in ("P-1", "P-2"):
        codes.write(take_in, counter.device_id, reference)
        assert prolonged(codes, reference) == [write_moment(deadline)]
    assert shown(codes, "P-1").expires_at == deadline
    clock.turn(KEPT - timedelta(seconds=1))
    assert presented(codes, counter, early.payload, "P-1", clock) is Outcome.ACCEPTED
    clock.turn(timedelta(seconds=1))
    assert presented(codes, counter, late.payload, "P-2", clock) is Outcome.EXPIRED
    assert findings(codes) == []


def test_a_code_that_lasts_longer_is_left_alone_and_taking_in_twice_prolongs_once(
    codes: DeliveryCodes, counter: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    ends = announce("P-1").expires_at
    codes.write(take_in, counter.device_id, "P-1")
    assert prolonged(codes, "P-1") == []
    assert shown(codes, "P-1").expires_at == ends
    announce("P-2")
    clock.turn(LIFETIME - timedelta(days=1))
    for again in (False, True):
        assert codes.write(take_in, counter.device_id, "P-2").again is again
        assert len(prolonged(codes, "P-2")) == 1


def test_old_and_revoked_codes_stay_dead(
    codes: DeliveryCodes, counter: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    old, revoked = announce("P-1"), announce("P-2")
    codes.write(renew_code, recipient(codes, "P-1"), "recipient")
    codes.erase_parcel("P-2")
    clock.turn(LIFETIME - timedelta(days=1))
    for reference in ("P-1", "P-2"):
        codes.write(take_in, counter.device_id, reference)
    assert (len(prolonged(codes, "P-1")), prolonged(codes, "P-2")) == (1, [])
    assert presented(codes, counter, old.payload, "P-1", clock) is Outcome.OLD_CODE
    assert presented(codes, counter, revoked.payload, "P-2", clock) is Outcome.REVOKED


def test_a_delegate_receives_no_longer_than_the_recipient_said(
    codes: DeliveryCodes, counter: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    clock.turn(LIFETIME - timedelta(days=1))
    until = {"Short": clock() + timedelta(days=3), "Long": clock() + timedelta(days=60)}
    before = codes.write(name_delegate, recipient(codes, "P-1"), Person("Short"), until["Short"])
    clock.turn(timedelta(hours=1))
    codes.write(take_in, counter.device_id, "P-1")
    deadline = clock() + KEPT
    named = codes.write(name_delegate, recipient(codes, "P-1"), Person("Long"), until["Long"])
    assert [_ends(codes, each.holder_id) for each in (before, named)] == [until["Short"], deadline]
    assert shown(codes, "P-1").expires_at == deadline
    assert findings(codes) == []


def test_a_code_renewed_while_its_parcel_waits_lasts_until_the_deadline_too(
    make_codes: Callable[..., DeliveryCodes], clock: TurnableClock
) -> None:
    codes = make_codes(lifetime_days=2)
    codes.write(add_point, PointTerms("Kiosk Sample", days_kept=KEPT.days))
    counter = enrolled(codes, DeviceKind.COUNTER)
    codes.announce([Announcement("P-1", Person("Sample Recipient", "sample@example.org"))])
    codes.write(take_in, counter.device_id, "P-1")
    deadline = clock() + KEPT
    codes.write(renew_code, recipient(codes, "P-1"), "recipient")
    assert shown(codes, "P-1").expires_at == deadline
    codes.write(send_back, counter.device_id, "P-1")
    codes.write(renew_code, recipient(codes, "P-1"), "recipient")
    assert shown(codes, "P-1").expires_at == clock() + timedelta(days=2)
    assert findings(codes) == []
    codes.close()


def test_a_code_that_somebody_prolongs_in_the_store_alone_is_found(
    codes: DeliveryCodes, counter: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    clock.turn(LIFETIME - timedelta(days=1))
    codes.write(take_in, counter.device_id, "P-1")
    table = tables.codes
    with codes.database.writing() as connection:
        code_id = connection.execute(sa.select(table.c.id)).scalar_one()
        connection.execute(sa.update(table).values(expires_at=clock() + timedelta(days=300)))
    assert findings(codes) == [f"codes {code_id}: expires_at is not what the events say"]


def _ends(codes: DeliveryCodes, holder_id: UUID) -> datetime:
    ticket = codes.read(ticket_of_holder, holder_id)
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code.expires_at
