"""`app.py scan [--json] FILE…`: read pictures and print what they hold."""

import json as json_format
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from scanner.decoding.reading import DEFAULT_BUDGET_MS
from scanner.decoding.symbols import LABELS, Reading, Symbol, Symbology
from scanner.pictures.errors import PictureError
from scanner.pictures.opening import DEFAULT_LIMITS, PictureLimits, open_picture

READ = 0
NO_PICTURE = 2


def scan(
    files: Sequence[Path],
    *,
    json: bool,
    stdout: TextIO,
    stderr: TextIO,
    wanted: frozenset[Symbology] = LABELS,
    budget_ms: float = DEFAULT_BUDGET_MS,
    limits: PictureLimits = DEFAULT_LIMITS,
) -> int:
    """Read every file and print what was found, as one JSON object a line or for people.

    Return 0 whether or not a symbol was found, and 2 if any file could not be opened as a picture;
    the others are read all the same.
    """
    code = READ
    for file in files:
        started = time.perf_counter()
        try:
            picture = open_picture(file, limits)
        except (PictureError, OSError) as error:
            stderr.write(f"{file}: {_reason(error)}\n")
            code = NO_PICTURE
            continue
        reading = picture.read(wanted=wanted, budget_ms=budget_ms)
        milliseconds = (time.perf_counter() - started) * 1000
        if json:
            stdout.write(
                json_format.dumps(_told(file, reading, picture.scale, milliseconds), ensure_ascii=False) + "\n"
            )
        else:
            stdout.writelines(_lines(file, reading, milliseconds))
        stdout.flush()
    return code


def symbol_as_json(symbol: Symbol, scale: float = 1.0) -> dict[str, Any]:
    """Return a symbol as it is written in JSON, its corners multiplied by `scale`."""
    polygon = [[round(x * scale), round(y * scale)] for x, y in symbol.polygon]
    return {"symbology": symbol.symbology, "text": symbol.text, "polygon": polygon}


def _told(file: Path, reading: Reading, scale: float, milliseconds: float) -> dict[str, Any]:
    return {
        "file": str(file),
        "symbols": [symbol_as_json(symbol, scale) for symbol in reading.symbols],
        "milliseconds": round(milliseconds, 1),
    }


def _lines(file: Path, reading: Reading, milliseconds: float) -> list[str]:
    if not reading.symbols:
        return [f"{file}: no symbol found ({milliseconds:.0f} ms)\n"]
    return [f"{file}: {symbol.symbology} {_printable(symbol.text)}\n" for symbol in reading.symbols]


def _printable(text: str) -> str:
    """Return a text that cannot steer a terminal or turn its reading direction."""
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)


def _reason(error: PictureError | OSError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
