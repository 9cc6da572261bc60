"""However a number is written on the way in, its label opens it, and what was accepted is proved; or it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.proofs.three_verifiers import ThreeVerifiers, three_verifiers

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
CASES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases" / "tracking-numbers.json").read_text())
LIVE = [case for case in CASES["written"] if not case["reference"].startswith("TEST/")]
HOSTILE = [
    "SAMPLE-1\nparcel OTHER label",
    "SAMPLE-1\r",
    "\x00SAMPLE-1",
    "SAMPLE\t-1",
    "SAMPLE-1\u2028",
    "\ud800SAMPLE-1",
]


@pytest.fixture
def verifiers(codes: DeliveryCodes) -> Iterator[ThreeVerifiers]:
    """All three, with the key of this house."""
    with three_verifiers(codes.sealing_key.public_key()) as three:
        yield three


def test_each_writing_opens_the_parcel_and_its_proof_holds_or_is_refused(
    client: FlaskClient,
    sender: dict[str, str],
    enrol: Enrol,
    codes: DeliveryCodes,
    clock: TurnableClock,
    verifiers: ThreeVerifiers,
) -> None:
    browser, device = enrol()
    for case in LIVE:
        announced = client.post("/api/v1/parcels", json=parcel(case["text"]), headers=sender)
        assert announced.status_code in (200, 201, 409), case
    handed_over = set()
    for case in LIVE:
        body = device.body(shown(codes, case["reference"]).payload, [case["text"]], now=clock())
        answer = browser.post("/api/v1/verifications", json=body)
        if answer.status_code == 422:
            continue
        told = answer.get_json()
        expected = "already_handed_over" if case["number"] in handed_over else "accepted"
        assert told["outcome"] == expected, case
        handed_over.add(case["number"])
        assert verifiers.verdicts(codes.proof_of(case["text"])) == (True, True, True), case


@pytest.mark.parametrize("text", CASES["none"], ids=ascii)
def test_what_can_be_no_number_is_refused_by_name(client: FlaskClient, sender: dict[str, str], text: str) -> None:
    answer = client.post("/api/v1/parcels", json=parcel(text), headers=sender)
    assert answer.status_code == 422
    assert "reference" in answer.get_data(as_text=True)


@pytest.mark.parametrize("label", HOSTILE, ids=ascii)
def test_a_label_that_a_proof_could_not_show_is_refused_and_spends_nothing(
    enrol: Enrol, sender: dict[str, str], client: FlaskClient, clock: TurnableClock, codes: DeliveryCodes, label: str
) -> None:
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1"), headers=sender)
    browser, device = enrol()
    good = device.body(shown(codes, "SAMPLE-1").payload, ["SAMPLE-1"], now=clock())
    answer = browser.post("/api/v1/verifications", json=good | {"parcels": [{"reference": label, "by": "label"}]})
    # Half a surrogate can stand in no UTF-8 (RFC 3629 section 3), so what holds one is no JSON to the service.
    assert answer.status_code == (400 if "\ud800" in label else 422)
    assert browser.post("/api/v1/verifications", json=good).get_json()["outcome"] == "accepted"


@pytest.mark.parametrize(
    "odd",
    [
        "{0193e5a0-0000-7000-8000-000000000000}",
        "0193e5a0000070008000000000000000",
        "0193e5a0-0000-7000-8000-00000000000０",
        "0193e5a0-0000-7000-8000-000000000000\n",
        "0193e5a0-00007000-8000-0000-00000000",
    ],
    ids=ascii,
)
def test_an_odd_id_is_refused(enrol: Enrol, clock: TurnableClock, odd: str) -> None:
    browser, device = enrol()
    body = device.body("7310000000000000000000000000000033", ["SAMPLE-1"], now=clock(), presentation_id=odd)
    assert browser.post("/api/v1/verifications", json=body).status_code == 422
