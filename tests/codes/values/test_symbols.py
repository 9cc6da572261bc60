"""The payload as pictures, read back by independent decoders."""

from __future__ import annotations

import io
from uuid import UUID

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from codes.keys.derivation import derive_payload
from codes.values.symbols import PayloadOutgrown, code128_png, label_png, qr_png
from tests.parts.scanning.readers import told_by_three

KEY = b"k" * 32
PAYLOADS = [derive_payload(KEY, UUID(int=number)) for number in range(20)]


def opened(png: bytes) -> Image.Image:
    """Open a PNG that we made."""
    return Image.open(io.BytesIO(png))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_decoders_read_the_symbols_back(payload: str) -> None:
    assert list(told_by_three(opened(qr_png(payload))).values()) == [[payload]] * 3
    for png, name in ((qr_png(payload), "QRCODE"), (code128_png(payload), "CODE128")):
        picture = opened(png).convert("L")
        assert [found.text for found in zxingcpp.read_barcodes(np.asarray(picture))] == [payload]
        assert [(found.type, found.data.decode()) for found in pyzbar.decode(picture)] == [(name, payload)]


def test_the_qr_symbol_is_version_2_level_h_with_a_border_of_6() -> None:
    picture = opened(qr_png(PAYLOADS[0], module_pixels=4))
    assert picture.mode == "1"
    assert "transparency" not in picture.info
    assert picture.size == ((25 + 12) * 4,) * 2
    (found,) = zxingcpp.read_barcodes(np.asarray(picture.convert("L")))
    assert found.ec_level == "H"
    border = np.asarray(picture)[: 6 * 4]
    assert border.all()
    assert not np.asarray(picture)[6 * 4 : 7 * 4, 6 * 4 : 13 * 4].any()


def test_a_payload_that_outgrows_its_symbol_is_a_failure() -> None:
    with pytest.raises(PayloadOutgrown):
        qr_png("1" * 35)
    with pytest.raises(PayloadOutgrown):
        code128_png("1" * 35)


def test_code_128_is_in_set_c_and_so_no_wider_than_it_must() -> None:
    # ISO/IEC 15417: 11 modules for start, each pair and check, 13 for stop, 10 of white on each side.
    assert opened(code128_png(PAYLOADS[0], module_pixels=1)).width == 11 * (1 + 17 + 1) + 13 + 20


@pytest.mark.parametrize("reference", ["SAMPLE0001", "JD014600003RT12345", "00340434161094042557", "RR123456785DE"])
def test_a_label_reads_back(reference: str) -> None:
    picture = opened(label_png(reference)).convert("L")
    assert [found.text for found in zxingcpp.read_barcodes(np.asarray(picture))] == [reference]


def test_a_picture_is_small_enough_for_every_mail() -> None:
    assert len(qr_png(PAYLOADS[0])) < 1500
