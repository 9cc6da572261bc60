"""A house in which everything has happened that a proof can rest on, each kind of it at least twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.access import Member, Role, Task
from codes.delivering.place import Place
from codes.delivering.visits import Visit
from codes.model import AttemptReason, ParcelSize, ReportKind
from codes.pickup.points import PointTerms
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled

PARCELS = 8


def tell(codes: DeliveryCodes, clock: TurnableClock) -> None:
    """Let it happen, and seal it in several checkpoints."""
    driver, other = enrolled(codes, name="Van 1"), enrolled(codes, name="Van 2")
    codes.devices.revoke(enrolled(codes, name="Van 3").device_id)
    for number in range(4):
        code = _announce(codes, f"P-{number}")
        clock.turn(timedelta(seconds=1))
        device = (driver, other)[number % 2]
        _try_wrongly(codes, device, code, f"P-{number}", clock)
        codes.present(device.presentation(code.payload, f"P-{number}", now=clock()))
        codes.log.seal()
    for reference in ("S-1", "S-2", "W-1", "W-2"):
        _announce(codes, reference)
        codes.tours.note_opened(_holder(codes, reference))
    for number in (1, 2):
        # Nobody has announced these.
        codes.present(driver.presentation("000000", f"X-{number}", now=clock()))
    _supervise(codes, driver, clock)
    point_id = codes.pickup_points.add(PointTerms("Point", days_kept=40))
    codes.pickup_points.put_shelf(point_id, "A1", size=ParcelSize.M, room=9)
    for reference in ("W-1", "W-2"):
        codes.stays.take_in(other.device_id, reference)
    codes.stays.send_back(other.device_id, "W-1")
    for reference in ("W-1", "W-2"):
        clock.turn(timedelta(seconds=1))
        codes.renew(_holder(codes, reference), "recipient")
        person = Person(f"Neighbour of {reference}")
        delegate = codes.delegates.name(_holder(codes, reference), person, clock() + timedelta(1))
        codes.delegates.withdraw(_holder(codes, reference), delegate.holder_id)
    codes.revoke("W-2", "sender")
    codes.erasing.erase_parcel("P-3")
    codes.log.seal()


def _supervise(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    """Two members of staff hand over without a code, and answer reports; a third is blocked."""
    first, second = _member(codes, "Ada"), _member(codes, "Ben")
    blocked = _member(codes, "Cleo")
    codes.access.set_password(blocked.staff_id, "another password")
    codes.access.grant(blocked.staff_id, frozenset({Task.INTAKE}))
    codes.access.block(blocked.staff_id, blocked=True)
    for reference in ("S-1", "S-2"):
        codes.wishes.another_day(_holder(codes, reference), clock().date() + timedelta(days=2))
        if reference == "S-2":
            codes.wishes.withdraw(_holder(codes, reference))
        codes.mark_out_for_delivery(reference)
        codes.visits.end_without_handover(
            Visit(uuid4(), driver.device_id, reference, AttemptReason.NOBODY_HOME, clock(), Place(52.52, 13.405, 12))
        )
        codes.redirecting.to_day(_parcel_id(codes, reference), clock().date() + timedelta(days=3), first)
        codes.visits.hand_over_supervised(reference, first, second, f"The phone of {reference} is broken")
    for reference in ("P-0", "P-1"):
        parcel = codes.parcel(reference)
        assert parcel is not None
        codes.contests.contest(parcel.holder_id, ReportKind.NOT_RECEIVED)
        (report,) = codes.contests.of(parcel.parcel_id)
        codes.contests.answer(report.report_id, first, f"We looked into {reference} and pay.")


def _member(codes: DeliveryCodes, name: str) -> Member:
    codes.access.add_staff(name, f"password of {name}", Role.SUPERVISOR)
    member = codes.access.member_by_password(name, f"password of {name}")
    assert member is not None
    return member


def _announce(codes: DeliveryCodes, reference: str) -> ShownCode:
    person = Person(f"Sample Recipient {reference}", f"{reference.lower()}@example.org", "de", phone="+4930123456")
    gift = reference in ("P-0", "P-3")
    fields = {"sender": "Sample Shop", "value": Decimal("120.50"), "sender_wish": True, "gift": gift}
    codes.announce([Announcement(reference, person, **fields)])  # type: ignore[arg-type]
    ticket = codes.ticket_of(_holder(codes, reference))
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code


def _holder(codes: DeliveryCodes, reference: str) -> UUID:
    parcel = codes.parcel(reference)
    assert parcel is not None
    return parcel.holder_id


def _parcel_id(codes: DeliveryCodes, reference: str) -> UUID:
    parcel = codes.parcel(reference)
    assert parcel is not None
    return parcel.parcel_id


def _try_wrongly(
    codes: DeliveryCodes, device: SigningDevice, code: ShownCode, reference: str, clock: TurnableClock
) -> None:
    wrong = "000000" if code.digits != "000000" else "000001"
    codes.present(device.presentation(wrong, reference, now=clock()))
