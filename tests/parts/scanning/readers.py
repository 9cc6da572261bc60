"""Our ladder and its peers behind one face: pixels in, texts and processor time out.

OpenCV's QR detector ends its process on some pictures: each picture gets a child of its own, forked from this one.
"""

import json
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from scanner.decoding.known.known_reader import known
from scanner.decoding.opencv import Pixels
from scanner.decoding.reading import read
from scanner.decoding.symbols import LABELS, Symbology

OURS, ZXING, ZXING_HARDEST, ZBAR, OPENCV = "ours", "zxing-cpp", "zxing-cpp, hardest", "pyzbar", "OpenCV"
KNOWN = "our own symbol's"
_CHILD_SECONDS = 20
DISTANCES = (1.0, 0.7, 0.5)
_BINARIZERS = (
    zxingcpp.Binarizer.LocalAverage,
    zxingcpp.Binarizer.GlobalHistogram,
    zxingcpp.Binarizer.FixedThreshold,
    zxingcpp.Binarizer.BoolCast,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one reader found in one picture, as (kind, text), and its processor time."""

    found: frozenset[tuple[str, str]]
    milliseconds: float


def ours(pixels: Pixels) -> Iterable[tuple[str, str]]:
    """Read with the ladder until something is found, as the peers' first symbol is what counts here."""
    found = read(pixels, wanted=LABELS, enough=lambda symbol: True).symbols
    return [(symbol.symbology.value, symbol.text) for symbol in found]


def zxing(pixels: Pixels) -> Iterable[tuple[str, str]]:
    """Read with zxing-cpp as it comes: every format, turned, inverted and reduced."""
    return _zxing(pixels, zxingcpp.Binarizer.LocalAverage)


def zxing_hardest(pixels: Pixels) -> Iterable[tuple[str, str]]:
    """Read with every binarizer of zxing-cpp, one after another until something is found."""
    return next((found for each in _BINARIZERS if (found := _zxing(pixels, each))), [])


def zbar(pixels: Pixels) -> Iterable[tuple[str, str]]:
    """Read with pyzbar as it comes."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return [
        (_KINDS.get(found.type, found.type), found.data.decode("utf-8", "replace")) for found in pyzbar.decode(grey)
    ]


def known_alone(pixels: Pixels) -> Iterable[tuple[str, str]]:
    """Read with our own reader of the one symbol that is known beforehand, and with nothing else.

    It reads what a camera is held close to, and no single frame need be enough: of a whole page it is shown what lies
    around each symbol, from three distances.
    """
    grey: Pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    close = [_close_to(grey, found.position) for found in zxingcpp.read_barcodes(grey) if "QR" in found.format.name]
    views = [_from_afar(each, share) for each in (grey, *close) for share in DISTANCES]
    texts = {found.text for view in views for found in known(view, frozenset({Symbology.QR_CODE}))}
    return [("QRCode", text) for text in sorted(texts)]


def told_by_three(picture: Image.Image) -> dict[str, list[str]]:
    """Return which texts each of three decoders, of which none knows the others, reads in QR symbols of a picture."""
    pixels = _in_colour(picture)
    readers = {ZXING: zxing, ZBAR: zbar, KNOWN: known_alone}
    return {name: [text for kind, text in reader(pixels) if kind == "QRCode"] for name, reader in readers.items()}


def told_of_any_symbol(picture: Image.Image) -> set[str]:
    """Return what three readers read in QR symbols of whatever version, as wallets draw them; they have to agree."""
    pixels = _in_colour(picture)
    [told] = {tuple(text for _, text in reader(pixels)) for reader in (zxing, zbar, ours)}
    return set(told)


def opencv(pixels: Pixels) -> Answer:
    """Read with OpenCV's QR detector in a child process; a child that dies or hangs has found nothing."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        _detect(pixels, into)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        told = pipe.read()
    _, _, used = os.wait4(child, 0)
    texts = json.loads(told) if told else []
    return Answer(frozenset(("QRCode", text) for text in texts), (used.ru_utime + used.ru_stime) * 1000)


def _close_to(grey: Pixels, where: zxingcpp.Position) -> Pixels:
    """Return what a camera sees that is held close to a symbol."""
    corners = (where.top_left, where.top_right, where.bottom_right, where.bottom_left)
    left, right = min(each.x for each in corners), max(each.x for each in corners)
    top, bottom = min(each.y for each in corners), max(each.y for each in corners)
    margin = (right - left) // 5
    return np.ascontiguousarray(grey[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin])


def _from_afar(grey: Pixels, share: float) -> Pixels:
    """Return what is left of a view from farther away."""
    small = cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small, np.uint8)


def _in_colour(picture: Image.Image) -> Pixels:
    """Return a picture as cameras give it."""
    return np.asarray(cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR), np.uint8)


def _detect(pixels: Pixels, into: int) -> None:
    """Write the texts and end this process, whatever happens."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(_CHILD_SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        _, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(pixels)
        os.write(into, json.dumps([text for text in texts if text]).encode())
    finally:
        os._exit(0)


def _timed(reader: Callable[[Pixels], Iterable[tuple[str, str]]]) -> Callable[[Pixels], Answer]:
    def answer(pixels: Pixels) -> Answer:
        started = time.process_time()
        found = frozenset(reader(pixels))
        return Answer(found, (time.process_time() - started) * 1000)

    return answer


def _zxing(pixels: Pixels, binarizer: zxingcpp.Binarizer) -> list[tuple[str, str]]:
    found = zxingcpp.read_barcodes(np.ascontiguousarray(pixels), binarizer=binarizer, text_mode=zxingcpp.TextMode.Plain)
    return [(_KINDS.get(one.format.name, one.format.name), one.text) for one in found if one.text]


_KINDS = {
    "QRCODE": "QRCode",
    "QRCodeModel1": "QRCode",
    "QRCodeModel2": "QRCode",
    "CODE128": "Code128",
    "AztecCode": "Aztec",
}
"""The peers' names for the kinds in which a wrong text is a fault of the reader, in our words."""
READERS: dict[str, Callable[[Pixels], Answer]] = {
    OURS: _timed(ours),
    ZXING: _timed(zxing),
    ZXING_HARDEST: _timed(zxing_hardest),
    ZBAR: _timed(zbar),
    OPENCV: opencv,
}
