"""The proof as a sheet of paper, read back by another program."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from flask.testing import FlaskClient
from PIL import Image

from codes import DeliveryCodes
from codes.integrations.looks import SenderLook
from codes.proving.canonical import canonical_bytes
from codes.proving.proof_check import verify_proof
from codes.proving.proof_name import name_of, parse_name
from codes.sealing.sealing_key import public_key_pem
from scanner.decoding.reading import read
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.scanning.readers import zbar, zxing
from tests.parts.web.handovers import hand_over
from web.commands.proof_reports import check_file
from web.pdf.proof_sheet import MOST_EVENTS, proof_sheet

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
CHECK = "https://parcels.example.org/proofs/check"


@pytest.fixture
def proof(codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol) -> bytes:
    """Return the proof of a parcel that was handed over."""
    hand_over(codes, client, sender, enrol)
    return codes.proof_of("SAMPLE/1")


def text_of(sheet: bytes) -> str:
    """Return the words of a PDF of one page."""
    (page,) = pypdfium2.PdfDocument(sheet)
    return str(page.get_textpage().get_text_bounded())


def told_on(proof: bytes) -> str:
    """Return the words of a proof's sheet in one line."""
    return " ".join(text_of(proof_sheet(proof, CHECK)).split())


def test_the_sheet_says_what_the_file_says_and_carries_it(codes: DeliveryCodes, proof: bytes) -> None:
    sheet = proof_sheet(proof, CHECK)
    document = json.loads(proof)
    words = text_of(sheet).replace("\r\n", "")
    fixed = [document["checkpoint"]["root"], document["signature"], document["events"][-1]["link"]]
    said = ["SAMPLE/1", "Announced", "Handed over", CHECK, *fixed]
    assert [each for each in said if each not in words] == []
    (attached,) = (pypdfium2.PdfDocument(sheet).get_attachment(0),)
    assert verify_proof(bytes(attached.get_data()), codes.sealing_key.public_key()).grade == "A"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Zustellnachweis", "Paket SAMPLE/1", "Angekündigt", "Übergeben", "причина"]),
        ("ar", ["إثبات", "التسليم", "SAMPLE/1", "صحيح", "2026-11-24 10:00:00"]),
    ],
)
def test_the_sheet_is_in_the_readers_language_on_one_page(proof: bytes, language: str, words: list[str]) -> None:
    document = json.loads(proof)
    document["events"][1]["facts"] = {"reason": "причина"}
    written = canonical_bytes(document)
    sheet = proof_sheet(written, CHECK, language)
    found = text_of(sheet)
    assert [each for each in words if each not in found] == []
    assert "?" not in found
    assert bytes(pypdfium2.PdfDocument(sheet).get_attachment(0).get_data()) == written


def test_what_no_font_can_write_is_marked_and_a_language_without_fonts_is_english(
    proof: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.loads(proof)
    document["events"][1]["facts"] = {"reason": "理由"}
    assert "Über Codepflicht entschieden: ??" in text_of(proof_sheet(canonical_bytes(document), CHECK, "de"))
    monkeypatch.setattr("web.pdf.fonts.installed", lambda: ())
    assert "Angekündigt" in text_of(proof_sheet(proof, CHECK, "de")), "every reader of PDF can write that"
    assert "Announced" in text_of(proof_sheet(proof, CHECK, "ar"))


def test_what_is_given_for_a_check_and_is_no_proof_file_is_named(
    codes: DeliveryCodes, proof: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "file", tmp_path / "key.pem"
    key.write_bytes(public_key_pem(codes.sealing_key))
    for data, told in (
        (proof, "holds. Parcel SAMPLE/1, grade A"),
        (proof_sheet(proof, CHECK), "holds. Parcel SAMPLE/1, grade A"),
        (b"%PDF-1.7 of something else", "no proof file is attached to this PDF"),
        (proof[:-100], "it was cut off"),
        (json.dumps(json.loads(proof), indent=2).encode(), "it was written anew"),
    ):
        file.write_bytes(data)
        assert check_file(file, key) == (0 if told.startswith("holds") else 1)
        assert told in capsys.readouterr().out


def test_sheet_and_command_say_up_to_when_they_know_of_reports(
    codes: DeliveryCodes,
    client: FlaskClient,
    sender: dict[str, str],
    enrol: Enrol,
    clock: TurnableClock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ticket, _ = hand_over(codes, client, sender, enrol)
    earlier = codes.proof_of("SAMPLE/1")
    assert "This handover was not contested as of 2026-11-24 10:00:00 +0000 (the last event" in told_on(earlier)
    clock.turn(timedelta(minutes=1))
    client.post(f"/t/{ticket}/report", data={"kind": "opened", "confirmed": "yes"})
    clock.turn(timedelta(hours=1))
    proof = codes.proof_of("SAMPLE/1")
    assert "This handover was contested as of 2026-11-24 10:01:00 +0000 (the last event" in told_on(proof)
    (tmp_path / "proof.json").write_bytes(proof)
    (tmp_path / "key.pem").write_bytes(public_key_pem(codes.sealing_key))
    assert check_file(tmp_path / "proof.json", tmp_path / "key.pem") == 0
    assert "This handover was contested as of 2026-11-24T10:01:00.000000Z (the last event" in capsys.readouterr().out


def test_a_number_keeps_its_order_among_words_from_right_to_left_and_no_words_run_over_others(proof: bytes) -> None:
    document = json.loads(proof)
    document["parcel"]["reference"] = "0034-ABC-12"
    document["events"][1]["facts"] = {"reason": "what_a_house_calls_" * 9}
    sheet = proof_sheet(canonical_bytes(document), CHECK, "ar")
    assert "0034-ABC-12" in text_of(sheet).splitlines()[1]
    (page,) = pypdfium2.PdfDocument(sheet)
    words = page.get_textpage()
    boxes = [words.get_rect(each) for each in range(words.count_rects())]
    assert all(left > 50 and right < page.get_width() - 45 for left, _, right, _ in boxes)
    assert "…" in text_of(sheet)


def test_of_a_delegates_code_nobody_is_told_who_showed_it(proof: bytes) -> None:
    assert "somebody who had the code of a person" in told_on(canonical_bytes(json.loads(proof) | {"grade": "C"}))


def test_its_symbol_leads_to_the_public_check(proof: bytes) -> None:
    (page,) = pypdfium2.PdfDocument(proof_sheet(proof, CHECK))
    drawn = np.ascontiguousarray(page.render(scale=2, rev_byteorder=False).to_numpy()[..., :3])
    name = name_of(json.loads(proof))
    assert [symbol.text for symbol in read(drawn).symbols] == [f"{CHECK}#{name}"]
    for reader in (zxing, zbar):
        assert list(reader(drawn)) == [("QRCode", f"{CHECK}#{name}")]
    parsed, document = parse_name(name), json.loads(proof)
    assert parsed is not None
    assert str(parsed.parcel_id) == document["parcel"]["id"]
    assert document["events"][parsed.position - 1]["link"].startswith(parsed.link.hex())


def test_the_same_proof_gives_the_same_sheet(proof: bytes) -> None:
    assert proof_sheet(proof, CHECK) == proof_sheet(proof, CHECK)


@pytest.mark.parametrize("count", [MOST_EVENTS, MOST_EVENTS + 1, 400])
def test_a_long_story_stays_on_one_page_and_says_what_is_left_out(proof: bytes, count: int) -> None:
    document = json.loads(proof)
    document["events"] = (document["events"] * count)[:count]
    words = text_of(proof_sheet(canonical_bytes(document), CHECK))
    assert ("more events are in the attached file" in words) == (count > MOST_EVENTS)
    assert "SHA-256 of the file" in words


def test_sender_recipient_and_driver_get_the_sheet_in_their_languages(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol
) -> None:
    ticket, driver = hand_over(codes, client, sender, enrol)
    (listed,) = driver.get("/api/v1/handovers").get_json()["handovers"]
    sheets = [
        client.get("/api/v1/parcels/SAMPLE/1/proof.pdf", headers=sender),
        client.get(f"/t/{ticket}/proof.pdf"),
        driver.get(listed["proof_pdf"]),
    ]
    attached = [pypdfium2.PdfDocument(answer.data).get_attachment(0).get_data() for answer in sheets]
    assert {bytes(each) for each in attached} == {codes.proof_of("SAMPLE/1")}
    titles = [text_of(answer.data).splitlines()[0] for answer in sheets]
    assert titles == ["Zustellnachweis", "Zustellnachweis", "Proof of delivery"], "the driver's phone speaks English"
    assert sheets[0].mimetype == "application/pdf"
    assert driver.get(listed["proof"]).data == codes.proof_of("SAMPLE/1")
    other, _ = enrol()
    assert other.get(listed["proof_pdf"]).status_code == 404


@pytest.mark.parametrize("language", ["de", "ar"])
def test_its_foot_says_whose_parcel_it_was_and_every_verifier_takes_it(
    codes: DeliveryCodes, proof: bytes, language: str, tmp_path: Path
) -> None:
    logo = io.BytesIO()
    Image.new("RGB", (400, 100), "#0b3d91").save(logo, "PNG")
    look = SenderLook("Uhren Müller متجر", "#ffd400", "#000000", "Uhren Müller GmbH\nZeitgasse 1, Berlin")
    document = json.loads(proof)
    first, *rest = document["events"]
    document["events"] = [first, *rest * 40]
    long = canonical_bytes(document)
    for written, drawn in ((proof, None), (proof, logo.getvalue()), (long, logo.getvalue())):
        sheet = proof_sheet(written, CHECK, language, look, drawn)
        words = text_of(sheet)
        assert "?" not in words
        assert "Uhren Müller GmbH" in words
        assert "Zeitgasse 1, Berlin" in words
        assert proof_sheet(written, CHECK, language, look, drawn) == sheet
    (tmp_path / "sheet.pdf").write_bytes(proof_sheet(proof, CHECK, language, look, logo.getvalue()))
    (tmp_path / "key.pem").write_bytes(public_key_pem(codes.sealing_key))
    assert check_file(tmp_path / "sheet.pdf", tmp_path / "key.pem") == 0
