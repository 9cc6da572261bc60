"""Read pictures from strangers in child processes: a crash, a hang or a bomb costs one answer.

The children are ordinary programs started without a fork of this process, so that threads, locks and
secrets of a web worker do not reach them. They end with their parent (their standard input closes),
and are replaced before their memory can creep.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from scanner.decoding.enough import Enough
from scanner.decoding.symbols import LABELS, Reading, Symbol, Symbology
from scanner.pictures.errors import NotAPicture, PictureError, PictureTooHard, PictureTooLarge
from scanner.pictures.wire import Broken, receive, send

__all__ = ["ChildLimits", "NotAPicture", "PictureError", "PictureReader", "PictureTooHard", "PictureTooLarge"]

_HOME = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
_READINGS_PER_CHILD = 500
_START_SECONDS = 60.0
_GRACE_SECONDS = 1.0
_ERRORS: dict[str, type[PictureError]] = {
    error.__name__: error for error in (NotAPicture, PictureTooLarge, PictureTooHard)
}


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one reading may cost. Memory is what a child may take beyond its libraries."""

    seconds: float = 6.0
    budget_ms: float = 2000.0
    memory_bytes: int = 1 << 30
    max_bytes: int = 12_000_000
    max_pixels: int = 64_000_000


class PictureReader:
    """A pool of reading children kept ready. Safe to use from many threads at once."""

    def __init__(self, *, children: int = 2, limits: ChildLimits | None = None) -> None:
        self._limits = limits or ChildLimits()
        self._idle: SimpleQueue[_Child] = SimpleQueue()
        self._lock = threading.Lock()
        self._all: set[_Child] = set()
        self._closed = False
        for _ in range(children):
            self._start_child()

    def read(self, data: bytes, *, wanted: frozenset[Symbology] = LABELS, enough: Enough = Enough.ALL) -> Reading:
        """Return what a picture holds: all of it, or what was found until enough was.

        Raise `NotAPicture`, `PictureTooLarge`, or `PictureTooHard` if it took too much time or memory,
        ended its child, or found every child busy for too long.
        """
        return _reading_of(self._ask(data, {"task": "read", "wanted": sorted(wanted), "enough": enough}))

    def logo(self, data: bytes) -> bytes:
        """Return a logo as a small PNG that holds nothing but its pixels. Raises as ``read`` does."""
        return b64decode(_told(self._ask(data, {"task": "logo"}))["kept"])

    def keep(self, data: bytes) -> bytes:
        """Return a photograph as a small JPEG that holds nothing but its pixels. Raises as ``read`` does."""
        return b64decode(_told(self._ask(data, {"task": "keep"}))["kept"])

    def _ask(self, data: bytes, asked: dict[str, Any]) -> bytes:
        if len(data) > self._limits.max_bytes:
            raise PictureTooLarge(f"the file has more than {self._limits.max_bytes:,} bytes")
        child = self._take()
        answer = None
        try:
            answer = child.ask(data, asked, self._limits)
        finally:
            self._give_back(child, usable=answer is not None)
        return answer

    def close(self) -> None:
        """End every child."""
        with self._lock:
            self._closed = True
            children, self._all = self._all, set()
        for child in children:
            child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> "_Child":
        """Return an idle child that lives; one that died while idle is replaced and costs nobody an answer."""
        while True:
            try:
                child = self._idle.get(timeout=self._limits.seconds)
            except Empty:
                raise PictureTooHard("every picture reader is busy") from None
            if child.is_alive:
                return child
            self._give_back(child, usable=False)

    def _give_back(self, child: "_Child", *, usable: bool) -> None:
        if usable and child.readings < _READINGS_PER_CHILD:
            self._idle.put(child)
            return
        with self._lock:
            self._all.discard(child)
        child.end()
        self._start_child()

    def _start_child(self) -> None:
        with self._lock:
            if self._closed:
                return
            child = _Child(self._limits)
            self._all.add(child)
        self._idle.put(child)


class _Child:
    """One reading process, and this side of the wire to it."""

    def __init__(self, limits: ChildLimits) -> None:
        self.readings = 0
        self._wire, theirs = socket.socketpair()
        arguments = json.dumps(
            {
                "memory_bytes": limits.memory_bytes,
                "seconds": limits.seconds,
                "budget_ms": limits.budget_ms,
                "max_bytes": limits.max_bytes,
                "max_pixels": limits.max_pixels,
            }
        )
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "scanner.pictures.child", arguments],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=_HOME,
                env=_environment(),
                start_new_session=True,
            )
        self._is_ready = False

    @property
    def is_alive(self) -> bool:
        """Say whether the process runs."""
        return self._process.poll() is None

    def ask(self, data: bytes, asked: dict[str, Any], limits: ChildLimits) -> bytes:
        """Send one picture and return the child's answer as JSON text."""
        self.readings += 1
        try:
            if not self._is_ready:
                receive(self._wire, _deadline(_START_SECONDS))
                self._is_ready = True
            deadline = _deadline(limits.seconds + _GRACE_SECONDS)
            send(self._wire, json.dumps(asked).encode(), deadline)
            send(self._wire, data, deadline)
            return receive(self._wire, deadline)
        except TimeoutError as error:
            raise PictureTooHard(f"not read within {limits.seconds:g} seconds") from error
        except (Broken, OSError) as error:
            raise PictureTooHard("the picture ended the process that read it") from error

    def end(self) -> None:
        """End the process at once and gather it."""
        self._wire.close()
        self._process.kill()
        self._process.wait()


def _deadline(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def _environment() -> dict[str, str]:
    """Return a small environment: no secret of the service is in it, and no library starts threads."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")
    return kept | one_thread | {"PYTHONPATH": str(_HOME)}


def _told(answer: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer)
    if "error" in told:
        raise _ERRORS[told["error"]](told["detail"])
    return told


def _reading_of(answer: bytes) -> Reading:
    told = _told(answer)
    return Reading(
        tuple(_symbol_of(symbol) for symbol in told["symbols"]),
        tuple(told["tried"]),
        tuple(_symbol_of(symbol) for symbol in told["doubtful"]),
    )


def _symbol_of(told: list[Any]) -> Symbol:
    kind, text, corners, gs1 = told
    first, second, third, fourth = ((int(x), int(y)) for x, y in corners)
    return Symbol(Symbology(kind), text, (first, second, third, fourth), gs1)
