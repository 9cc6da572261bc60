"""Files that strangers may send as pictures: every format that Pillow writes, cut short, lying about its size,
moving, two things at once, or packed to unfold. Each has a name that says what it is.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator

from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"
SIZES = [(0, 0), (0, 10), (1, 1), (65_535, 65_535), (2**31 - 1, 2**31 - 1)]


def written_formats() -> dict[str, bytes]:
    """Return a small picture in each format that this Pillow can write."""
    Image.init()
    picture = Image.radial_gradient("L").resize((48, 48))
    written = {}
    for form in sorted(Image.SAVE):
        for mode in ("RGB", "L", "1"):
            out = io.BytesIO()
            try:
                with warnings.catch_warnings(action="ignore"):
                    picture.convert(mode).save(out, form)
            except (OSError, KeyError, ValueError, RuntimeError):
                continue
            written[form] = out.getvalue()
            break
    return written


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Return every hostile file with its name."""
    for form, data in written_formats().items():
        yield f"{form} whole", data
        for share in (0.1, 0.5, 0.9):
            yield f"{form} cut at {share}", data[: int(len(data) * share)]
        yield f"{form} with its second half empty", data[: len(data) // 2] + bytes(len(data) - len(data) // 2)
    for width, height in SIZES:
        size = f"{width} by {height}"
        yield f"PNG of {size}", _png(width, height, zlib.compress(b"\0" * 1000))
        yield f"JPEG of {size}", _jpeg_that_says(width & 0xFFFF, height & 0xFFFF)
        yield f"GIF of {size}", _gif_that_says(width & 0xFFFF, height & 0xFFFF)
        yield f"WebP of {size}", _webp_that_says(max(width - 1, 0) & 0xFFFFFF, max(height - 1, 0) & 0xFFFFFF)
        yield f"BMP of {size}", b"BM" + struct.pack("<IHHIIiiHH", 100, 0, 0, 54, 40, width, height, 1, 24) + bytes(64)
    yield from _moving()
    yield from _two_at_once()
    yield from _packed()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))


def _png(width: int, height: int, packed: bytes, *more: bytes, depth: int = 8, colour: int = 0) -> bytes:
    header = _chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return PNG + header + b"".join(more) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _saved(form: str, picture: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (picture or Image.new("RGB", (40, 40), "white")).save(out, form, **options)
    return out.getvalue()


def _jpeg_that_says(width: int, height: int) -> bytes:
    data = bytearray(_saved("JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack("!HH", height, width)
    return bytes(data)


def _gif_that_says(width: int, height: int) -> bytes:
    data = bytearray(_saved("GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def _webp_that_says(width: int, height: int) -> bytes:
    body = (
        b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + struct.pack("<I", width)[:3] + struct.pack("<I", height)[:3]
    )
    body += _saved("WEBP", lossless=True)[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _moving() -> Iterator[tuple[str, bytes]]:
    frames = [Image.new("L", (32, 32), shade) for shade in range(0, 250, 5)]
    for form in ("GIF", "PNG", "WEBP", "TIFF"):
        yield f"{form} of 50 frames", _saved(form, frames[0], save_all=True, append_images=frames[1:])
    yield (
        "PNG that says it has four thousand million frames",
        _png(8, 8, zlib.compress(bytes(72)), _chunk(b"acTL", struct.pack("!II", 2**32 - 1, 0))),
    )


def _two_at_once() -> Iterator[tuple[str, bytes]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("page.html", "<script>alert(1)</script>")
    for form in ("JPEG", "PNG", "GIF", "WEBP"):
        yield f"{form} and archive", _saved(form) + packed.getvalue()
        yield f"page and {form}", b"<html><script>alert(1)</script>" + _saved(form)
        yield f"document and {form}", b"%PDF-1.7\n" + _saved(form)
    yield "GIF that is a program", _saved("GIF", comment=b"*/=1;alert(1)//")
    yield "PNG within JPEG", _saved("JPEG")[:200] + _saved("PNG") + _saved("JPEG")[200:]


def _packed() -> Iterator[tuple[str, bytes]]:
    nothing = zlib.compress(bytes(50_000_000), 9)
    yield "PNG that unfolds to more than its size", _png(10, 10, nothing)
    yield (
        "PNG with a text that unfolds",
        _png(10, 10, zlib.compress(bytes(110)), _chunk(b"zTXt", b"note\0\0" + nothing)),
    )
    yield (
        "PNG with a profile that unfolds",
        _png(10, 10, zlib.compress(bytes(110)), _chunk(b"iCCP", b"p\0\0" + nothing)),
    )
    yield "PNG with ten thousand notes", _png(10, 10, zlib.compress(bytes(110)), _chunk(b"tEXt", b"a\0b") * 10_000)
    yield "PNG of 7,900 by 7,900", _png(7900, 7900, zlib.compress(bytes(7901 * 7900), 9))
    yield "PNG of one row", _png(60_000_000, 1, zlib.compress(bytes(60_000_001), 9))
    yield "PNG of sixteen bits", _png(30, 30, zlib.compress(bytes(61 * 30)), depth=16)
    entry = struct.pack("<HHII", 0x0112, 5, 2**32 - 1, 8)
    for name, directory in {
        "without end": struct.pack("<H", 65_535) + entry * 500,
        "in a ring": struct.pack("<H", 1) + entry + struct.pack("<I", 8),
        "turned an unknown way": struct.pack("<H", 1) + struct.pack("<HHIHH", 0x0112, 3, 1, 99, 0) + bytes(4),
    }.items():
        yield f"JPEG with notes {name}", _saved("JPEG", exif=b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory)
