"""The proof as a sheet of paper, read back by another program."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pypdfium2
import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.canonical import canonical_bytes
from codes.proof import verify_proof
from scanner.reading import read
from tests.parts.device import SigningDevice
from tests.web.test_proofs import hand_over
from web.proof_sheet import MOST_EVENTS, proof_sheet

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
CHECK = "https://parcels.example.org/proofs/check"


@pytest.fixture
def proof(codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol) -> bytes:
    """Return the proof of a parcel that was handed over."""
    hand_over(codes, client, sender, enrol)
    return codes.proofs.of("SAMPLE/1")


def text_of(sheet: bytes) -> str:
    """Return the words of a PDF of one page."""
    (page,) = pypdfium2.PdfDocument(sheet)
    return str(page.get_textpage().get_text_bounded())


def test_the_sheet_says_what_the_file_says_and_carries_it(codes: DeliveryCodes, proof: bytes) -> None:
    sheet = proof_sheet(proof, CHECK)
    document = json.loads(proof)
    words = text_of(sheet).replace("\r\n", "")
    fixed = [document["checkpoint"]["root"], document["signature"], document["events"][-1]["link"]]
    said = ["SAMPLE/1", "Announced", "Handed over", CHECK, *fixed]
    assert [each for each in said if each not in words] == []
    (attached,) = (pypdfium2.PdfDocument(sheet).get_attachment(0),)
    assert verify_proof(bytes(attached.get_data()), codes.log.key.public_key()).grade == "A"


def test_its_symbol_leads_to_the_public_check(proof: bytes) -> None:
    (page,) = pypdfium2.PdfDocument(proof_sheet(proof, CHECK))
    drawn = np.ascontiguousarray(page.render(scale=2, rev_byteorder=False).to_numpy()[..., :3])
    assert [symbol.text for symbol in read(drawn).symbols] == [CHECK]


def test_the_same_proof_gives_the_same_sheet(proof: bytes) -> None:
    assert proof_sheet(proof, CHECK) == proof_sheet(proof, CHECK)


@pytest.mark.parametrize("count", [MOST_EVENTS, MOST_EVENTS + 1, 400])
def test_a_long_story_stays_on_one_page_and_says_what_is_left_out(proof: bytes, count: int) -> None:
    document = json.loads(proof)
    document["events"] = (document["events"] * count)[:count]
    document["events"][1]["facts"] = {"reason": "причина"}
    words = text_of(proof_sheet(canonical_bytes(document), CHECK))
    assert ("more events stand in the attached file" in words) == (count > MOST_EVENTS)
    assert "SHA-256 of the file" in words


def test_sender_recipient_and_driver_get_the_sheet(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol
) -> None:
    ticket, driver = hand_over(codes, client, sender, enrol)
    (listed,) = driver.get("/api/v1/handovers").get_json()["handovers"]
    sheets = [
        client.get("/api/v1/parcels/SAMPLE/1/proof.pdf", headers=sender),
        client.get(f"/t/{ticket}/proof.pdf"),
        driver.get(listed["proof_pdf"]),
    ]
    assert len({answer.data for answer in sheets}) == 1
    assert sheets[0].mimetype == "application/pdf"
    assert driver.get(listed["proof"]).data == codes.proofs.of("SAMPLE/1")
    other, _ = enrol()
    assert other.get(listed["proof_pdf"]).status_code == 404
