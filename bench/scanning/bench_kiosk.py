"""Forty people before a kiosk, verdict by verdict, and the time from symbol to verdict: `make bench-kiosk`.

While some of them stand there the service is killed and started anew, the line is cut, or a reply is lost.
`--soak MINUTES` shows the same people again and again and compares the memory at the end with that at the beginning.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import median, quantiles
from time import monotonic

import httpx
import numpy as np
import psutil

from bench.scanning.kiosk_people import PeopleBeforeTheCamera, Visitor, visitors, write_video
from codes.accounts.devices import invite_device
from codes.model import DeviceKind
from codes.pickup.points import PointTerms, add_point
from scanner.capture.cameras import Camera
from scanner.kiosk import KioskSettings
from scanner.kiosk.agent import Kiosk
from scanner.kiosk.identity import enrol
from scanner.kiosk.lock import Lock
from scanner.kiosk.screen import Screen
from scanner.kiosk.service_client import ServiceClient, Verdict
from scanner.kiosk.signed_presentation import Shown
from scanner.settings import KioskSection, LockSection
from tests.parts.running_service import HOME, RunningService, free_port, settings_for
from web.commands.opening import open_codes
from web.configuration import load_settings

_SAMPLE_SECONDS = 5.0
_AWAY_SECONDS = 2.0


class Interruption(StrEnum):
    """What happens when a person comes."""

    KILLED = "service killed"
    CUT = "line cut"
    REPLY_LOST = "reply lost"


class _Line(httpx.HTTPTransport):
    """The kiosk's line to the service."""

    cut = False
    loses_a_reply = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request, unless cut; the reply to a presentation may be lost."""
        if self.cut:
            raise httpx.ConnectError("cut", request=request)
        reply = super().handle_request(request)
        if self.loses_a_reply and request.url.path.endswith("/verifications"):
            self.loses_a_reply = False
            reply.read()
            raise httpx.ReadTimeout("lost", request=request)
        return reply


class _Observed(Kiosk):
    """A kiosk whose verdicts are also told to who stands before it."""

    people: Sequence[Visitor] = ()

    def _told(self, shown: Shown, verdict: Verdict, last: bool) -> None:
        super()._told(shown, verdict, last)
        here = [person for person in self.people if person.text == shown and person.first_frame_at is not None]
        person = max(here, key=lambda each: each.first_frame_at or 0.0, default=None)
        if person is None or not last or verdict["outcome"] == "unknown":
            return
        person.told.append(verdict["outcome"])
        person.told_at = monotonic()
        person.done.set()


@dataclass(slots=True)
class Run:
    """What came of it."""

    people: list[Visitor]
    interrupted: Mapping[int, Interruption]
    memory: list[float] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Name everybody who was not told what is true, exactly once."""
        return [
            f"{number} {person.kind}: {person.told} instead of {person.expected}"
            for number, person in enumerate(self.people)
            if person.told != ([person.expected] if person.expected else [])
        ]

    def milliseconds(self) -> list[float]:
        """Return the time from the first frame with a symbol to its verdict, where nothing was interrupted."""
        return [
            person.waited_ms
            for number, person in enumerate(self.people)
            if person.told and number not in self.interrupted
        ]

    def growth(self) -> float:
        """Return the memory of the last quarter as a part of that of the second."""
        quarter = max(1, len(self.memory) // 4)
        return median(self.memory[-quarter:]) / median(self.memory[quarter : 2 * quarter] or self.memory)


def run(
    count: int, folder: Path, *, interrupted: Mapping[int, Interruption] | None = None, minutes: float = 0.0
) -> Run:
    """Let people come, some of them while something is interrupted; the same ones anew until the time is over."""
    interrupted = interrupted or {}
    line = _Line()
    chance = np.random.default_rng(11)
    service = RunningService(folder, settings_for(folder), free_port())
    codes = open_codes(load_settings(service.config))
    codes.write(add_point, PointTerms("Bench point"))
    people = visitors(codes, count, chance)
    link = codes.write(invite_device, "Bench kiosk", DeviceKind.KIOSK)
    codes.close()
    video = write_video(folder / "people.avi", people, chance)
    result = Run(people, interrupted)

    def before(number: int) -> None:
        match interrupted.get(number):
            case Interruption.KILLED:
                service.kill()
                threading.Timer(_AWAY_SECONDS, service.start).start()
            case Interruption.CUT:
                line.cut = True
                threading.Timer(_AWAY_SECONDS, setattr, (line, "cut", False)).start()
            case Interruption.REPLY_LOST:
                line.loses_a_reply = True
            case None:
                pass

    service.start()
    try:
        with _kiosk(service, line, link, folder / "kiosk", people) as kiosk, _sampled(result.memory):
            source = PeopleBeforeTheCamera(video, people, before, minutes=minutes)
            with Camera(source) as camera:
                kiosk.look_through(camera)
    finally:
        service.kill()
    return result


@contextmanager
def _kiosk(
    service: RunningService, line: _Line, link: str, state: Path, people: Sequence[Visitor]
) -> Iterator[_Observed]:
    section = KioskSection(reset_seconds=1, same_code_seconds=1.5, retry_seconds=0.5, heartbeat_seconds=5)
    settings = KioskSettings("", service.url, state, HOME / "web" / "static", section)
    stop = threading.Event()
    with httpx.Client(base_url=service.url, timeout=5, transport=line) as client:
        asking = ServiceClient(client, enrol(client, link, state), state)
        kiosk = _Observed(settings, asking, Screen(), Lock(LockSection(), state), stop)
        kiosk.people = people
        yield kiosk
        stop.set()


@contextmanager
def _sampled(memory: list[float]) -> Iterator[None]:
    stop, process = threading.Event(), psutil.Process()

    def sample() -> None:
        while not stop.wait(_SAMPLE_SECONDS):
            memory.append(process.memory_info().rss / 1e6)

    threading.Thread(target=sample, daemon=True).start()
    yield
    stop.set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; its last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--interrupt", type=_interruption, nargs="+", metavar="NUMBER=WHAT", help="else as ever")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="go on for so long and watch the memory")
    options = parser.parse_args(arguments)
    started: Callable[[], float] = monotonic
    with tempfile.TemporaryDirectory() as folder:
        if options.soak:
            return _soak(options.people, Path(folder), options.soak, started())
        firsts = zip((8, 13, 23), Interruption, strict=True)
        usual = {number: what for first, what in firsts for number in range(first, options.people, 16)}
        interrupted = dict(options.interrupt) if options.interrupt else usual
        result = run(options.people, Path(folder), interrupted=interrupted)
    times = sorted(result.milliseconds())
    for number, person in enumerate(result.people):
        told = ", ".join(person.told) or "nothing"
        note = interrupted.get(number) or (f"{person.waited_ms:6.0f} ms" if person.told else "")
        print(f"{number:3} {person.kind:11} {person.expected or 'nothing':20} {told:20} {note}")
    figures = {
        "people": len(result.people),
        "wrong": len(result.wrong),
        "median_ms": round(median(times)),
        "p95_ms": round(quantiles(times, n=20)[-1]),
        "measured": len(times),
        "interrupted": len(interrupted),
    }
    print(json.dumps(figures))
    return 1 if result.wrong else 0


def _interruption(told: str) -> tuple[int, Interruption]:
    """Read who is interrupted by what, as `3=reply_lost`."""
    number, _, what = told.partition("=")
    return int(number), Interruption[what.upper()]


def _soak(count: int, folder: Path, minutes: float, started: float) -> int:
    """Show the same people until the time is over; codes that were used are said to be."""
    result = run(count, folder, minutes=minutes)
    figures = {
        "minutes": round((monotonic() - started) / 60, 1),
        "verdicts": sum(len(person.told) for person in result.people),
        "memory_mb": [round(each) for each in result.memory[:: max(1, len(result.memory) // 10)]],
        "growth": round(result.growth(), 3),
    }
    print(json.dumps(figures))
    return 0 if result.growth() < 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
