"""The three verifiers of a proof give one verdict, whatever they are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from codes.proving.proof import LARGEST
from tests.parts.proofs.odd_proofs import OddProofs, disagreements
from tests.parts.proofs.three_verifiers import ThreeVerifiers, three_verifiers

ALL_HOLD, NONE_HOLDS = (True, True, True), (False, False, False)


@pytest.fixture
def proofs() -> OddProofs:
    """Makes proofs with keys of its own."""
    return OddProofs(seed=3)


@pytest.fixture
def verifiers(proofs: OddProofs) -> Iterator[ThreeVerifiers]:
    """All three, with those keys."""
    with three_verifiers(proofs.sealing.public_key()) as three:
        yield three


def test_all_three_agree_on_odd_proofs() -> None:
    held, failed, differing = disagreements(400, seed=20261124)
    assert differing == []
    assert held > 30
    assert failed > 200


def test_whatever_can_happen_to_a_parcel_has_a_proof_that_holds(proofs: OddProofs, verifiers: ThreeVerifiers) -> None:
    sound = proofs.sound()
    assert [json.loads(proof)["grade"] for proof in sound if verifiers.verdicts(proof) != ALL_HOLD] == []
    assert {json.loads(proof)["grade"] for proof in sound} == set("ABCDE-")


def test_the_longest_proof_holds_and_one_byte_more_is_none(proofs: OddProofs, verifiers: ThreeVerifiers) -> None:
    shortest = len(proofs.padded(0))
    assert verifiers.verdicts(proofs.padded(LARGEST - shortest)) == ALL_HOLD
    assert verifiers.verdicts(proofs.padded(LARGEST - shortest + 1)) == NONE_HOLDS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("handover", None),
        ("contested", []),
        ("handover.offline", False),
        ("handover.conflict", None),
        ("handover.at", "2026-11-24T10:16:00.000000Z"),
        ("contested.0.answered", "2026-11-24T10:16:00.000000Z"),
        ("contested.0.by", "sender"),
    ],
)
def test_a_head_that_says_otherwise_than_its_events_is_refused_by_all(
    proofs: OddProofs, verifiers: ThreeVerifiers, name: str, value: object
) -> None:
    document = next(each for each in map(json.loads, proofs.sound()) if _conflicting_and_contested(each))
    assert document["handover"]["conflict"] == "renewed"
    *path, last = [int(each) if each.isdigit() else each for each in name.split(".")]
    part: Any = document
    for each in path:
        part = part[each]
    part[last] = value
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert verifiers.verdicts(written) == NONE_HOLDS


def _conflicting_and_contested(document: dict[str, Any]) -> bool:
    handover, contested = document["handover"], document["contested"]
    return bool(handover and handover["conflict"] == "renewed" and contested and contested[0]["answered"] is None)


@pytest.mark.parametrize("at_door", ["2026-11-24T10:09:59.999999Z", "2026-11-24T11:00:00.000000Z"])
def test_a_handover_before_its_announcement_or_after_its_record_is_refused_by_all(
    proofs: OddProofs, verifiers: ThreeVerifiers, at_door: str
) -> None:
    assert verifiers.verdicts(proofs.with_changed_handover(at_door=at_door)) == NONE_HOLDS


@pytest.mark.parametrize(
    "changed", [{"offline": True}, {"means": "digits"}, {"means": "tap"}, {"conflict": "renewed"}, {"code": None}]
)
def test_a_handover_told_otherwise_than_it_was_presented_is_refused_by_all(
    proofs: OddProofs, verifiers: ThreeVerifiers, changed: dict[str, object]
) -> None:
    assert verifiers.verdicts(proofs.with_changed_handover()) == ALL_HOLD
    assert verifiers.verdicts(proofs.with_changed_handover(**changed)) == NONE_HOLDS
