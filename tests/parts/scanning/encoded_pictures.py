"""Pictures in each format, and ones that lie."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from tests.parts.scanning.pictures import known_pictures


def encoded(form: str, size: tuple[int, int] = (60, 40)) -> bytes:
    """Draw a picture, red on its left and blue on its right, and encode it."""
    picture = Image.new("RGB", size, (0, 0, 255))
    picture.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header names any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    header = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def a_symbol() -> tuple[bytes, str]:
    """Return a picture that is read at once, and its text."""
    known = next(each for each in known_pictures() if each.path.name.startswith("jsQR__sd-card-1"))
    return known.path.read_bytes(), next(iter(known.texts))
