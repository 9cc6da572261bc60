"""The sheet of paper is checked like the file that is attached to it, at the page and by command."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import pypdfium2
import pytest

from codes.proving.attachment import LARGEST_SHEET, proof_in
from codes.proving.proof import LARGEST
from codes.proving.proof_check import ProofFault, verify_proof
from tests.parts.proofs.odd_proofs import OddProofs
from tests.parts.proofs.odd_sheets import odd_sheets, pdf_of
from tests.parts.proofs.three_verifiers import ThreeVerifiers, three_verifiers
from web.pdf.proof_sheet import proof_sheet

CHECK = "https://parcels.example.org/proofs/check"


@pytest.fixture(scope="module")
def proofs() -> OddProofs:
    """Makes proofs with keys of its own."""
    return OddProofs(seed=5)


@pytest.fixture(scope="module")
def verifiers(proofs: OddProofs) -> Iterator[ThreeVerifiers]:
    """The page's among them."""
    with three_verifiers(proofs.sealing.public_key()) as three:
        yield three


@pytest.fixture
def proof(proofs: OddProofs) -> bytes:
    """A proof that holds."""
    return proofs.sound()[1]


def saved_anew(sheet: bytes) -> bytes:
    """Return the PDF as another program writes it."""
    written = io.BytesIO()
    pypdfium2.PdfDocument(sheet).save(written)
    return written.getvalue()


def found_by_both(data: bytes, verifiers: ThreeVerifiers) -> bool:
    """Tell whether the product and the page hold a PDF's proof to be right; they have to agree."""
    product, _, page = verifiers.verdicts(data)
    assert product == page
    return product


def test_our_sheet_holds_as_the_file_does_also_when_it_was_saved_anew(proof: bytes, verifiers: ThreeVerifiers) -> None:
    sheet = proof_sheet(proof, CHECK)
    assert proof_in(sheet) == proof
    assert proof_in(saved_anew(sheet)) == proof
    assert found_by_both(sheet, verifiers)
    assert found_by_both(saved_anew(sheet), verifiers)


@pytest.mark.parametrize("told", ["right", "wrong", "elsewhere", "none"])
@pytest.mark.parametrize("filtered", ["plain", "flate", "flate in a list"])
def test_streams_are_found_however_their_length_and_filter_are_told(
    proof: bytes, verifiers: ThreeVerifiers, told: str, filtered: str
) -> None:
    content = proof if filtered == "plain" else zlib.compress(proof)
    length = {"right": b"/Length %d" % len(content), "wrong": b"/Length 7", "elsewhere": b"/Length 8 0 R", "none": b""}
    filters = {"plain": b"", "flate": b"/Filter/FlateDecode", "flate in a list": b"/Filter [ /FlateDecode ]"}
    data = pdf_of((b"/Length 4", b"\xff\0\xff\0"), (filters[filtered] + b" " + length[told], content))
    assert found_by_both(data, verifiers)


def test_what_holds_no_proof_or_several_or_too_much_is_named_and_never_inflated_further(
    proofs: OddProofs, verifiers: ThreeVerifiers
) -> None:
    one, other = proofs.sound()[:2]
    flate = b"/Filter /FlateDecode"
    bomb = zlib.compress(b'{"checkpoint":{' + b" " * 400_000_000, 9)
    for data, fault in (
        (pdf_of(), "no proof file is attached"),
        (pdf_of((flate, zlib.compress(b"{}"))), "no proof file is attached"),
        (pdf_of((flate, zlib.compress(one)[:-9])), "no proof file is attached"),
        (pdf_of((flate, b"no stream at all")), "no proof file is attached"),
        (pdf_of((b"/Filter [/ASCII85Decode /FlateDecode]", zlib.compress(one))), "no proof file is attached"),
        (pdf_of((b"", one), (b"", other)), "several proof files"),
        (pdf_of(*[(flate, zlib.compress(b'{"checkpoint":{' + b" " * LARGEST))] * 101), "too many streams"),
        (b"%PDF-1.7\n" + b"stream\n" * 500_000, "no proof file is attached"),
        (pdf_of((flate, bomb)), "no proof file is attached"),
        (pdf_of((b"", b'{"checkpoint":{' + b" " * LARGEST)), "no proof file is attached"),
        (b"%PDF-1.7" + b" " * LARGEST_SHEET, "the PDF is too large"),
        (b"%PDF-1.7\n" + b"stream\nendstream " * 101, "too many streams"),
        (pdf_of((b"", one)).replace(b"trailer <<>>", b"trailer << /Encrypt 9 0 R >>"), "is encrypted"),
    ):
        assert not found_by_both(data, verifiers)
        assert fault in verifiers.page(data)["fault"]
        with pytest.raises(ProofFault, match=fault):
            verify_proof(proof_in(data), proofs.sealing.public_key())


def test_the_same_proof_twice_in_one_pdf_is_one(proof: bytes, verifiers: ThreeVerifiers) -> None:
    assert found_by_both(pdf_of((b"", proof), (b"/Filter /FlateDecode", zlib.compress(proof))), verifiers)


def test_command_and_page_agree_on_odd_sheets(proofs: OddProofs, verifiers: ThreeVerifiers) -> None:
    for what, holds, sheet in odd_sheets(*proofs.sound()[1:3]):
        assert found_by_both(sheet, verifiers) is holds, what


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_data_whose_last_byte_is_a_line_end_are_whole(proofs: OddProofs, verifiers: ThreeVerifiers, end: bytes) -> None:
    compressed = (zlib.compress(proofs.padded(length)) for length in range(100_000))
    data = next(each for each in compressed if each.endswith(end))
    flate = b"/Filter /FlateDecode"
    assert found_by_both(pdf_of((flate, data)), verifiers)
    assert found_by_both(pdf_of((flate + b" /Length %d" % len(data), data)), verifiers)
    assert found_by_both(pdf_of((flate + b" /Length %d" % (len(data) + 1), data + b"\n")), verifiers)
