"""A house in which everything has happened that a proof can rest on, each kind of it at least twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.devices import revoke_device
from codes.accounts.staff import Member, Role, Task, block_staff, grant_tasks, set_password
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import MeasuredPlace, Visit, end_without_handover, hand_over_supervised
from codes.life.blocking import Blocker, Part, block, unblock
from codes.life.contests import answer_report, contest_handover, reports_of, withdraw_report
from codes.life.delegates import name_delegate, withdraw_delegate
from codes.life.issuing import renew_code
from codes.life.parcel_records import find_parcel
from codes.model import AttemptReason, ParcelSize, ReportKind
from codes.pickup.intake import send_back, take_in
from codes.pickup.points import PointTerms, add_point, put_shelf
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import correct
from codes.recipients.ticket_addresses import note_ticket_opened
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.recipients.wishes import Wished, make_wish, redirect, withdraw_wish
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.staff import add_member, hashed, member_with

PARCELS = 14


def tell(codes: DeliveryCodes, clock: TurnableClock) -> None:
    """Let it happen, and seal it in several checkpoints."""
    driver, other = enrolled(codes, name="Van 1"), enrolled(codes, name="Van 2")
    codes.write(revoke_device, enrolled(codes, name="Van 3").device_id)
    for number in range(4):
        code = _announce(codes, f"P-{number}")
        clock.turn(timedelta(seconds=1))
        device = (driver, other)[number % 2]
        _try_wrongly(codes, device, code, f"P-{number}", clock)
        codes.present(device.presentation(code.payload, f"P-{number}", now=clock()))
        codes.seal()
    for reference in ("S-1", "S-2", "W-1", "W-2"):
        _announce(codes, reference)
        codes.write(note_ticket_opened, _holder(codes, reference))
    clock.turn(timedelta(seconds=1))
    for reference, changes in (("S-1", {"email": "corrected@example.org"}), ("S-2", {"name": "Corrected"})):
        codes.write(correct, _parcel_id(codes, reference), changes, Asker.SENDER)
    for number in (1, 2):
        # Nobody has announced these.
        codes.present(driver.presentation("000000", f"X-{number}", now=clock()))
    for name in ("C", "D"):
        _consign(codes, driver, name, clock)
    _supervise(codes, driver, clock)
    point_id = codes.write(add_point, PointTerms("Point", days_kept=40))
    codes.write(put_shelf, point_id, "A1", size=ParcelSize.M, room=9)
    for reference in ("W-1", "W-2"):
        codes.write(take_in, other.device_id, reference)
    codes.write(send_back, other.device_id, "W-1")
    for reference in ("W-1", "W-2"):
        clock.turn(timedelta(seconds=1))
        codes.write(renew_code, _holder(codes, reference), "recipient")
        person = Person(f"Neighbour of {reference}")
        delegate = codes.write(name_delegate, _holder(codes, reference), person, clock() + timedelta(1))
        codes.write(withdraw_delegate, _holder(codes, reference), delegate.holder_id)
    for use_case in (block, unblock, block):
        clock.turn(timedelta(seconds=1))
        codes.write(use_case, _parcel_id(codes, "W-2"), Blocker(Part.COMMAND))
    codes.erase_parcel("P-3")
    codes.seal()


def _consign(codes: DeliveryCodes, driver: SigningDevice, name: str, clock: TurnableClock) -> None:
    """Parcels join a consignment one after the other, before and after one is handed over and its code renewed."""
    person = Person(f"Sample Recipient {name}", f"{name.lower()}@example.org", "de")

    def join(number: int) -> ShownCode:
        clock.turn(timedelta(seconds=1))
        named = person if number == 1 else replace(person, name=f"Recipient of {number}")
        codes.announce([Announcement(f"{name}-{number}", named, "Sample Shop", Decimal(90), consignment="SET")])
        return _shown(codes, f"{name}-{number}")

    join(1)
    codes.write(note_ticket_opened, _holder(codes, f"{name}-1"))
    code = join(2)
    named = codes.write(name_delegate, _holder(codes, f"{name}-1"), Person("Neighbour of both"), clock() + timedelta(1))
    codes.present(driver.presentation(code.payload, f"{name}-1", now=clock()))
    clock.turn(timedelta(seconds=1))
    codes.write(renew_code, _holder(codes, f"{name}-2"), "recipient")
    join(3)
    codes.write(withdraw_delegate, _holder(codes, f"{name}-3"), named.holder_id)
    clock.turn(timedelta(seconds=1))
    codes.present(driver.presentation(_shown(codes, f"{name}-2").payload, f"{name}-2", f"{name}-3", now=clock()))
    clock.turn(timedelta(seconds=1))


def _supervise(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    """Two members of staff hand over without a code, and answer reports; a third is blocked."""
    first, second = _member(codes, "Ada"), _member(codes, "Ben")
    blocked = _member(codes, "Cleo")
    codes.write(set_password, blocked.staff_id, hashed("another password"))
    codes.write(grant_tasks, blocked.staff_id, frozenset({Task.INTAKE}))
    codes.write(block_staff, blocked.staff_id, blocked=True)
    for reference in ("S-1", "S-2"):
        codes.write(make_wish, _holder(codes, reference), Wished(day=clock().date() + timedelta(days=2)))
        if reference == "S-2":
            codes.write(withdraw_wish, _holder(codes, reference))
        codes.write(mark_out_for_delivery, reference)
        codes.write(
            end_without_handover,
            Visit(
                uuid4(),
                driver.device_id,
                reference,
                AttemptReason.NOBODY_HOME,
                clock(),
                MeasuredPlace(52.52, 13.405, 12),
            ),
        )
        codes.write(redirect, _parcel_id(codes, reference), Wished(day=clock().date() + timedelta(days=3)), first)
        codes.write(hand_over_supervised, reference, first, second, f"The phone of {reference} is broken")
    for reference in ("P-0", "P-1"):
        parcel = codes.read(find_parcel, reference)
        assert parcel is not None
        codes.write(contest_handover, parcel.holder_id, ReportKind.NOT_RECEIVED, parcel.parcel_id, "Nobody came.")
        (report,) = codes.read(reports_of, parcel.parcel_id)
        clock.turn(timedelta(seconds=1))
        codes.write(contest_handover, parcel.holder_id, ReportKind.DAMAGED, None, "", b"a photograph")
        codes.write(withdraw_report, parcel.holder_id, codes.read(reports_of, parcel.parcel_id)[-1].report_id)
        codes.write(answer_report, report.report_id, first, f"We looked into {reference} and pay.")


def _member(codes: DeliveryCodes, name: str) -> Member:
    add_member(codes, name, f"password of {name}", Role.SUPERVISOR)
    member = member_with(codes, name, f"password of {name}")
    assert member is not None
    return member


def _announce(codes: DeliveryCodes, reference: str) -> ShownCode:
    person = Person(f"Sample Recipient {reference}", f"{reference.lower()}@example.org", "de", phone="+4930123456")
    gift = reference in ("P-0", "P-3")
    fields = {"sender": "Sample Shop", "value": Decimal("120.50"), "sender_wish": True, "gift": gift}
    codes.announce([Announcement(reference, person, **fields)])  # type: ignore[arg-type]
    return _shown(codes, reference)


def _shown(codes: DeliveryCodes, reference: str) -> ShownCode:
    ticket = codes.read(ticket_of_holder, _holder(codes, reference))
    assert ticket is not None
    assert ticket.code is not None
    return ticket.code


def _holder(codes: DeliveryCodes, reference: str) -> UUID:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return parcel.holder_id


def _parcel_id(codes: DeliveryCodes, reference: str) -> UUID:
    parcel = codes.read(find_parcel, reference)
    assert parcel is not None
    return parcel.parcel_id


def _try_wrongly(
    codes: DeliveryCodes, device: SigningDevice, code: ShownCode, reference: str, clock: TurnableClock
) -> None:
    wrong = "000000" if code.digits != "000000" else "000001"
    codes.present(device.presentation(wrong, reference, now=clock()))
