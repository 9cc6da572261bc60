"""A proof says of one parcel what its devices signed: no other number stands in it, and no other key fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest

from codes import DeliveryCodes, Person
from codes.model import Outcome
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.proofs.ecdsa import keys_that_fit
from tests.parts.proofs.three_verifiers import ThreeVerifiers, three_verifiers

Announce = Callable[..., ShownCode]
ALL_HOLD = (True, True, True)
NONE_HOLDS = (False, False, False)


@pytest.fixture
def verifiers(codes: DeliveryCodes) -> Iterator[ThreeVerifiers]:
    """All three, with the key of this house."""
    with three_verifiers(codes.sealing_key.public_key()) as three:
        yield three


def test_with_several_labels_in_hand_each_proof_holds_and_names_its_own_parcel_alone(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, verifiers: ThreeVerifiers
) -> None:
    person = Person("Sample Recipient", "recipient@example.org", "de")
    code = announce("MINE-1", consignment="ORDER-77", sender="Shop", recipient=person)
    announce("MINE-2", consignment="ORDER-77", sender="Shop", recipient=person)
    announce("STRANGER-3")
    answer = codes.present(driver.presentation(code.payload, "mine-1", "MINE-2", now=clock()))
    assert answer.outcome is Outcome.ACCEPTED
    codes.present(driver.presentation(code.payload, "MINE-1", "STRANGER-3", "ROUTE 10115", now=clock()))
    for reference in ("MINE-1", "MINE-2", "STRANGER-3"):
        proof = codes.proof_of(reference)
        assert verifiers.verdicts(proof) == ALL_HOLD
        others = {"MINE-1", "MINE-2", "STRANGER-3", "ORDER-77", "10115"} - {reference}
        assert [name for name in others if name.lower() in proof.decode().lower()] == []


def test_a_digest_of_another_label_does_not_stand_open_to_guesses(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("MINE-1")
    codes.present(driver.presentation(code.payload, "MINE-1", "STRANGER-3", now=clock()))
    events = json.loads(codes.proof_of("MINE-1"))["events"]
    facts = next(event["facts"] for event in events if event["kind"] == "presented")
    told = [value for value in facts.values() if isinstance(value, str)]
    salts = [
        b"",
        *(value.encode() for value in told),
        *(bytes.fromhex(facts[name]) for name in ("label_salt", "record")),
    ]
    for salt in salts:
        assert sha256(salt + b"STRANGER-3").hexdigest() not in facts["signed"]


@pytest.mark.parametrize(
    "shown",
    [
        {"label": "P-2"},
        {"label_salt": "00" * 32},
        {"label": None, "label_salt": None},
        {"label_salt": "00" * 31},
    ],
)
def test_a_label_that_was_not_signed_is_refused_by_all(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Announce,
    clock: TurnableClock,
    verifiers: ThreeVerifiers,
    shown: dict[str, str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from codes.verification.presentation import Presentation

    real = Presentation.label_shown
    monkeypatch.setattr(Presentation, "label_shown", lambda self, reference: real(self, reference) | shown)
    codes.present(driver.presentation(announce("P-1").payload, "P-1", now=clock()))
    assert verifiers.verdicts(codes.proof_of("P-1")) == NONE_HOLDS


def test_a_second_key_under_which_the_signature_verifies_is_refused_by_all(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, verifiers: ThreeVerifiers
) -> None:
    codes.present(driver.presentation(announce("P-1").payload, "P-1", now=clock()))
    document: dict[str, Any] = json.loads(codes.proof_of("P-1"))
    ((device, own),) = document["devices"].items()
    presented = document["events"][-2]["facts"]
    fitting = keys_that_fit(presented["signed"].encode(), bytes.fromhex(presented["signature"]))
    others = [key for key in fitting if key.hex() != own]
    assert len(fitting) > len(others) >= 1
    from codes.proving.canonical import canonical_bytes

    for key in others:
        document["devices"][device] = key.hex()
        assert verifiers.verdicts(canonical_bytes(document)) == NONE_HOLDS
