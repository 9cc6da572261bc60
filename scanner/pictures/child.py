"""The program of a reading child: `python -m scanner.pictures.child LIMITS`, spoken to over its standard input.

It reads one picture after another under limits that the kernel keeps: memory, processor time, a wall clock,
no files. Whatever breaks here breaks here alone.
"""

import json
import math
import resource
import signal
import socket
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

from scanner.decoding.enough import Enough
from scanner.decoding.opencv import opencv
from scanner.decoding.reading import read
from scanner.decoding.symbols import Reading, Symbol, Symbology
from scanner.pictures.errors import PictureError, PictureTooHard
from scanner.pictures.keeping import kept_logo, kept_photo
from scanner.pictures.opening import PictureLimits, open_picture, opened_formats
from scanner.pictures.wire import Broken, receive, send

_IDLE_SECONDS = 3600.0 * 24 * 365


def main(arguments: str) -> int:
    """Serve readings until the parent closes the wire."""
    limits = json.loads(arguments)
    wire = socket.socket(fileno=0)
    _warm_up()
    _limit_memory(limits["memory_bytes"])
    try:
        send(wire, b"ready", _patience)
        while True:
            asked = json.loads(receive(wire, _patience))
            data = receive(wire, _patience)
            _start_clock(limits["seconds"])
            answer = _answer(data, asked, limits)
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(wire, answer, _patience)
    except (Broken, OSError):
        return 0


def _answer(data: bytes, asked: dict[str, Any], limits: dict[str, Any]) -> bytes:
    try:
        if asked["task"] == "logo":
            return json.dumps({"kept": b64encode(kept_logo(data, _picture_limits(limits))).decode()}).encode()
        if asked["task"] == "keep":
            return json.dumps({"kept": b64encode(kept_photo(data, _picture_limits(limits))).decode()}).encode()
        return json.dumps(_told(_read(data, asked, limits))).encode()
    except PictureError as error:
        return json.dumps({"error": type(error).__name__, "detail": str(error)}).encode()
    except MemoryError:
        return json.dumps({"error": PictureTooHard.__name__, "detail": "the picture needs too much memory"}).encode()


def _read(data: bytes, asked: dict[str, Any], limits: dict[str, Any]) -> Reading:
    picture = open_picture(data, _picture_limits(limits))
    wanted = frozenset(map(Symbology, asked["wanted"]))
    return picture.read(wanted=wanted, budget_ms=limits["budget_ms"], enough=Enough(asked["enough"]))


def _picture_limits(limits: dict[str, Any]) -> PictureLimits:
    return PictureLimits(limits["max_bytes"], limits["max_pixels"])


def _told(reading: Reading) -> dict[str, Any]:
    return {
        "symbols": [_symbol(symbol) for symbol in reading.symbols],
        "tried": reading.tried,
        "doubtful": [_symbol(symbol) for symbol in reading.doubtful],
    }


def _symbol(symbol: Symbol) -> list[object]:
    return [symbol.symbology, symbol.text, symbol.polygon, symbol.gs1]


def _warm_up() -> None:
    """Load every library, so that the first picture does not wait and the memory limit counts pictures alone."""
    import numpy as np

    opened_formats()
    opencv()
    read(np.full((64, 64), 255, np.uint8))


def _limit_memory(beyond_libraries: int) -> None:
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for limit, value in (
        (resource.RLIMIT_AS, taken + beyond_libraries),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def _start_clock(seconds: float) -> None:
    """Let the kernel end this process if one reading takes too long, even inside a library that never returns."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds) + 1, hard))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _patience() -> float:
    return _IDLE_SECONDS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
