"""The page's own reader, run by node without a page: its scripts and decoder are those that a browser loads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scanner.decoding import preparations
from scanner.decoding.enough import Enough
from scanner.decoding.opencv import Pixels, grey
from scanner.decoding.preparations import View
from scanner.decoding.symbols import Symbol, Symbology
from tests.parts.scanning.pictures import plain

_PROGRAM = Path(__file__).parents[2] / "js" / "page-reader.js"
CAMERA_SIDE = 1920
"""The longest side of the pictures that the page asks its camera for."""
PHOTO_SIDE = 4096
"""The longest side of the photographs that the page reads."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page's reader told of one picture, and the processor's milliseconds for it."""

    symbols: tuple[Symbol, ...]
    time: float

    @property
    def texts(self) -> frozenset[str]:
        """Return what is told, written so that readings can be compared."""
        return frozenset(plain(symbol.text) for symbol in self.symbols)


class NodeReader:
    """Asks one process of node, picture after picture."""

    def __init__(self, process: subprocess.Popen[bytes], kinds: Iterable[Symbology]) -> None:
        self._process = process
        self._kinds = sorted(kinds)

    def frame(self, pixels: Pixels, *, first: bool, enough: Enough = Enough.ANY) -> Seen:
        """Give the next frame of a camera, or the first one of another."""
        frame = preparations.at_most(grey(pixels), CAMERA_SIDE)
        return self._ask(frame, "first" if first else "next", enough)

    def until_read(self, pixels: Pixels, *, seconds: float) -> list[Seen]:
        """Show a picture as frame after frame until something is read or so much of the processor's time is spent."""
        seen = [self.frame(pixels, first=True)]
        while not seen[-1].symbols and sum(each.time for each in seen) < seconds * 1000:
            seen.append(self.frame(pixels, first=False))
        return seen

    def still(self, pixels: Pixels) -> Seen:
        """Give a picture to be read as a photograph is."""
        return self._ask(preparations.at_most(grey(pixels), PHOTO_SIDE), "still", Enough.ALL)

    def _ask(self, view: View, task: str, enough: Enough) -> Seen:
        height, width = view.pixels.shape
        asked = {"width": width, "height": height, "kinds": self._kinds, "enough": enough, "task": task}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked).encode() + b"\n" + np.ascontiguousarray(view.pixels).tobytes())
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return Seen(tuple(view.locate(_symbol(each)) for each in told["found"]), told["time"])


@contextmanager
def node_reader(kinds: Iterable[Symbology]) -> Iterator[NodeReader]:
    """Start the page's reader, asked for these kinds."""
    with subprocess.Popen(["node", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield NodeReader(process, kinds)


def _symbol(told: dict[str, Any]) -> Symbol:
    first, second, third, fourth = ((round(each["x"]), round(each["y"])) for each in told["corners"])
    return Symbol(Symbology(told["symbology"]), told["text"], (first, second, third, fourth))
