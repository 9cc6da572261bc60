"""Proof of delivery: it holds without trusting anybody, and nothing in it can be changed unnoticed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from codes import Announcement, DeliveryCodes, Person, tables
from codes.accounts.staff import Role
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import hand_over_supervised
from codes.life.contests import answer_report, contest_handover, reports_of
from codes.life.delegates import name_delegate
from codes.life.parcel_records import find_parcel
from codes.model import Destination, DeviceKind, InHandBy, ReportKind
from codes.pickup.points import PointTerms, add_point
from codes.proving.canonical import canonical_bytes
from codes.proving.chain import BEGINNING, link_of
from codes.proving.commitment import text_commitment
from codes.proving.proof import Grade, Remark
from codes.proving.proof_check import ProofFault, verify_proof
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.store.parcel_rows import UnknownParcel
from codes.verification.presentation import BadSignature, Presented, Purpose
from tests.independent_verifier import Wrong, verify
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import renew, shown
from tests.parts.staff import add_member, member_with
from tests.parts.stores import on_one_database

Announce = Callable[..., ShownCode]


@pytest.fixture
def public_key(codes: DeliveryCodes) -> Ed25519PublicKey:
    """The one thing that whoever checks has to have."""
    return codes.sealing_key.public_key()


def independently(data: bytes, key: Ed25519PublicKey) -> bool:
    """Tell what the second verifier says, which was written from the document alone."""
    try:
        verify(data, key.public_bytes_raw())
    except Wrong:
        return False
    return True


def ours(data: bytes, key: Ed25519PublicKey) -> bool:
    """Tell what our own verifier says."""
    try:
        verify_proof(data, key)
    except ProofFault:
        return False
    return True


def test_a_symbol_and_a_label_are_grade_a(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    codes.present(driver.presentation(announce("P-1").payload, "P-1", now=clock()))
    proof = codes.proof_of("P-1")
    proved = verify_proof(proof, public_key)
    assert (proved.reference, proved.grade) == ("P-1", Grade.SYMBOL_AND_LABEL)
    assert independently(proof, public_key)


def test_digits_a_chosen_stop_and_a_counter_are_grade_b(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    codes.present(driver.presentation(announce("P-1").digits, "P-1", now=clock()))
    codes.present(driver.presentation(announce("P-2").payload, "P-2", now=clock(), by=InHandBy.CHOICE))
    codes.write(add_point, PointTerms("Here"))
    counter = enrolled(codes, DeviceKind.COUNTER)
    codes.present(counter.presentation(announce("P-3", destination=Destination.PICKUP_POINT).payload, now=clock()))
    for reference in ("P-1", "P-2", "P-3"):
        proof = codes.proof_of(reference)
        assert verify_proof(proof, public_key).grade is Grade.DIGITS
        assert independently(proof, public_key)


def test_a_delegates_code_is_grade_c(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    announce("P-1")
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    delegate = codes.write(name_delegate, parcel.holder_id, Person("Sample Neighbour"), clock() + timedelta(days=1))
    ticket = codes.read(ticket_of_holder, delegate.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    codes.present(driver.presentation(ticket.code.payload, "P-1", now=clock()))
    proof = codes.proof_of("P-1")
    assert verify_proof(proof, public_key).grade is Grade.DELEGATE
    assert independently(proof, public_key)
    assert b"Neighbour" not in proof


def test_a_supervised_handover_is_grade_d(
    codes: DeliveryCodes, announce: Announce, public_key: Ed25519PublicKey
) -> None:
    announce("P-1")
    members = []
    for name in ("first", "second"):
        add_member(codes, name, f"password of {name}", Role.SUPERVISOR)
        members.append(member_with(codes, name, f"password of {name}"))
    assert members[0] is not None
    assert members[1] is not None
    codes.write(hand_over_supervised, "P-1", members[0], members[1], "The recipient's phone is broken")
    proof = codes.proof_of("P-1")
    assert verify_proof(proof, public_key).grade is Grade.SUPERVISED
    assert independently(proof, public_key)


def test_before_the_handover_a_proof_says_that_there_was_none(
    codes: DeliveryCodes, announce: Announce, public_key: Ed25519PublicKey
) -> None:
    announce("P-1")
    assert verify_proof(codes.proof_of("P-1"), public_key).grade is Grade.NONE
    with pytest.raises(UnknownParcel):
        codes.proof_of("P-9")


def test_a_proof_holds_nobodys_name_and_no_live_secret(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    codes.present(driver.presentation(f"{(int(code.digits) + 1) % 10**6:06d}", "P-1", now=clock()))
    proof = codes.proof_of("P-1").decode()
    for text in ("Sample Recipient", "example.org", code.payload, code.digits):
        assert text not in proof


def test_what_happened_since_is_sealed_when_it_is_asked_for(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    code = announce("P-1")
    before = verify_proof(codes.proof_of("P-1"), public_key)
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    after = verify_proof(codes.proof_of("P-1"), public_key)
    assert after.checkpoint == before.checkpoint + 1
    assert verify_proof(codes.proof_of("P-1"), public_key) == after, "nothing changed, so nothing is sealed again"


def sample(codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock) -> bytes:
    """Return a proof with a wrong try, a renewal and a handover in it, in a tree of several leaves."""
    for number in range(5):
        announce(f"Q-{number}")
    code = announce("P-1")
    codes.present(driver.presentation(f"{(int(code.digits) + 1) % 10**6:06d}", "P-1", now=clock()))
    renew(codes, "P-1")
    codes.present(driver.presentation(shown(codes, "P-1").payload, "P-1", now=clock()))
    return codes.proof_of("P-1")


@on_one_database
def test_both_verifiers_notice_every_single_byte_that_changes(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    proof = sample(codes, driver, announce, clock)
    assert ours(proof, public_key)
    assert independently(proof, public_key)
    chance = random.Random(7)
    for place, byte in enumerate(proof):
        changed = bytes([chance.choice([byte ^ 0x20, byte ^ 0x01, (byte + 1) % 256, 0x20, 0x30])])
        if changed[0] == byte:
            changed = bytes([byte ^ 0x02])
        altered = proof[:place] + changed + proof[place + 1 :]
        assert not ours(altered, public_key), (place, altered[max(0, place - 30) : place + 30])
        assert not independently(altered, public_key), (place, altered[max(0, place - 30) : place + 30])
    for cut in (0, 1, len(proof) // 2, len(proof) - 1):
        assert not ours(proof[:cut], public_key)
        assert not independently(proof[:cut], public_key)


def relinked(document: dict[str, Any]) -> bytes:
    """Forge a proof as an operator could who does not have the sealing key: all links are made to fit."""
    previous = BEGINNING.hex()
    for event in document["events"]:
        hashed = {name: event[name] for name in ("position", "kind", "at", "facts")}
        previous = event["link"] = link_of(hashed | {"parcel": document["parcel"]["id"], "previous": previous}).hex()
    return canonical_bytes(document)


@on_one_database
@pytest.mark.parametrize(
    ("forgery", "named"),
    [
        (lambda d: d["events"].pop(), "grade|checkpoint|fixed"),
        (lambda d: d["events"].pop(1), "missing"),
        (lambda d: d["events"][0]["facts"].update(reference="P-2"), "announced"),
        (lambda d: d["events"][-1]["facts"].update(holder="delegate"), "checkpoint|grade"),
        (lambda d: d["events"][0].update(at="2026-11-23T10:00:00.000000Z"), "fixed"),
        (lambda d: d.update(grade="B"), "grade"),
        (lambda d: d.update(proves="It was delivered."), "grade"),
        (lambda d: d["checkpoint"].update(size=d["checkpoint"]["size"] + 1), "signature"),
        (lambda d: d["inclusion"].update(place=d["inclusion"]["place"] ^ 1), "fixed"),
        (lambda d: d["devices"].clear(), "key of device"),
        (lambda d: d.update(extra=1), "no doorcode-proof-1"),
    ],
)
def test_a_forged_proof_is_refused_and_the_fault_is_named(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    public_key: Ed25519PublicKey,
    forgery: Callable[[dict[str, Any]], Any],
    named: str,
) -> None:
    document = json.loads(sample(codes, driver, announce, clock))
    forgery(document)
    forged = relinked(document)
    with pytest.raises(ProofFault, match=named):
        verify_proof(forged, public_key)
    assert not independently(forged, public_key)


def test_what_a_device_signed_to_be_told_what_waits_proves_no_handover(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    public_key: Ed25519PublicKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = driver.presentation(announce("P-1").payload, "P-1", now=clock(), purpose=Purpose.LIST)
    with pytest.raises(BadSignature):
        codes.present(question)
    monkeypatch.setattr(Presented, "is_question", False)  # as an operator could who alters the service
    codes.verification._pipeline.result_of(question)
    proof = codes.proof_of("P-1")
    with pytest.raises(ProofFault, match="no accepted presentation"):
        verify_proof(proof, public_key)
    assert not independently(proof, public_key)


@on_one_database
def test_another_operators_key_proves_nothing(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    stranger = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(ProofFault, match="names the key"):
        verify_proof(sample(codes, driver, announce, clock), stranger)


@on_one_database
@pytest.mark.parametrize("data", [b"", b"{}", b"null", b"[]", b"\xff", b'{"format":"doorcode-proof-1"}', b"[" * 9999])
def test_what_is_no_proof_is_said_to_be_none(public_key: Ed25519PublicKey, data: bytes) -> None:
    with pytest.raises(ProofFault):
        verify_proof(data, public_key)
    assert not independently(data, public_key)


@pytest.mark.slow
def test_both_verifiers_agree_on_a_thousand_proofs(
    codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    # A proof does not depend on the database it comes from; the thousand are made once.
    references = [f"R-{number}" for number in range(1000 if codes.database.is_sqlite else 50)]
    person = Person("Sample Recipient", "recipient@example.org", "de")
    codes.announce([Announcement(reference, person, value=Decimal("120.50")) for reference in references])
    chance, drivers = random.Random(11), [driver, enrolled(codes)]

    def present(reference: str, said: tuple[str, ...], device: SigningDevice) -> None:
        code = shown(codes, reference)
        texts = {"symbol": code.payload, "digits": code.digits, "wrong": "000000"}
        for each in said:
            codes.present(device.presentation(texts[each], reference, now=clock()))

    ways = [(), ("symbol",), ("digits",), ("wrong", "symbol"), ("symbol", "symbol")]
    for start in range(0, len(references), 250):
        some = references[start : start + 250]
        with ThreadPoolExecutor(16) as pool:
            plans = [(chance.choice(ways), chance.choice(drivers)) for _ in some]
            list(pool.map(present, some, *zip(*plans, strict=True)))
        codes.seal()
    proofs = [codes.proof_of(reference) for reference in references]
    assert len(set(proofs)) == len(references)
    assert all(ours(proof, public_key) for proof in proofs)
    assert all(independently(proof, public_key) for proof in proofs)
    assert {json.loads(proof)["grade"] for proof in proofs} == {"A", "B", "-"}


def test_a_long_backlog_is_sealed_in_pieces_and_then_only_what_is_new(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codes.service.SEALED_TOGETHER", 4)
    for number in range(10):
        announce(f"P-{number}")
    sizes = [checkpoint.size for checkpoint in codes.seal()]
    assert sizes == [4, 8, 10]
    assert codes.seal() == []
    clock.turn(timedelta(hours=2))
    codes.write(mark_out_for_delivery, "P-3")
    assert [checkpoint.size for checkpoint in codes.seal()] == [11]


def test_the_proof_of_a_gift_names_neither_giver_nor_reason_and_holds(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    code = announce("P-1", gift=True, sender="Aunt Ada", sender_wish=True, value=Decimal("999.5"))
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    proof = codes.proof_of("P-1")
    assert verify_proof(proof, public_key).grade is Grade.SYMBOL_AND_LABEL
    assert independently(proof, public_key)
    # Digits alone stand in hexadecimal text by chance; a number follows its colon.
    assert [word for word in (b"Ada", b":999", b"sender_asked") if word in proof] == []

    # Whoever has the salt can show who gave; without it the 256 bits say nothing.
    facts = json.loads(proof)["events"][0]["facts"]
    with codes.database.reading() as connection:
        salt = connection.execute(sa.select(tables.holders.c.salt)).scalar_one()
    assert facts["sender"] is None
    assert facts["sender_sealed"] == text_commitment(salt, "Aunt Ada")
    assert text_commitment(salt, "Uncle Bo") != facts["sender_sealed"]


def test_a_contested_handover_says_so_at_its_head_and_how_that_ended(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, public_key: Ed25519PublicKey
) -> None:
    codes.present(driver.presentation(announce("P-1").payload, "P-1", now=clock()))
    assert verify_proof(codes.proof_of("P-1"), public_key).remarks == []
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    clock.turn(timedelta(hours=1))
    codes.write(contest_handover, parcel.holder_id, ReportKind.NOT_RECEIVED)
    proof = codes.proof_of("P-1")
    assert verify_proof(proof, public_key).remarks == [Remark.CONTESTED]
    assert independently(proof, public_key)
    (report,) = codes.read(reports_of, parcel.parcel_id)
    add_member(codes, "first", "password of first", Role.SUPERVISOR)
    member = member_with(codes, "first", "password of first")
    assert member is not None
    codes.write(answer_report, report.report_id, member, "The driver has found it")
    proved = verify_proof(codes.proof_of("P-1"), public_key)
    assert proved.remarks == [Remark.ANSWERED]
    (contest,) = proved.contested
    assert (contest["kind"], contest["by"]) == ("not_received", "holder")
    assert contest["answered"] is not None


def test_a_proof_is_made_while_more_happens_to_the_parcel(
    codes: DeliveryCodes, announce: Announce, public_key: Ed25519PublicKey
) -> None:
    announce("P-1")
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    over = Event()

    def go_on() -> None:
        while not over.is_set():
            codes.write(mark_out_for_delivery, "P-1")
            renew(codes, "P-1")

    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(go_on)
        try:
            made = [verify_proof(codes.proof_of("P-1"), public_key).events for _ in range(10)]
        finally:
            over.set()
        going.result()
    assert made == sorted(made)
