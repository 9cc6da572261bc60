"""What hangs or dies is noticed, and replaced where it can be."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from scanner.kiosk import presentation_worker
from scanner.kiosk.presentation_worker import PresentationWorker
from scanner.kiosk.service_client import UNKNOWN, ServiceClient, Verdict
from scanner.kiosk.signed_presentation import Shown
from scanner.kiosk.watchdog import Watchdog, notify
from scanner.settings import Offline
from tests.parts.scanning.kiosk_house import House


def within(seconds: float, happened: threading.Event) -> bool:
    """Wait for something to happen."""
    return happened.wait(seconds)


class Told:
    """Hears verdicts."""

    def __init__(self) -> None:
        self.verdicts: list[tuple[Shown, str, bool]] = []
        self.settled = threading.Event()

    def __call__(self, shown: Shown, verdict: Verdict, last: bool) -> None:
        """Hear one."""
        self.verdicts.append((shown, verdict["outcome"], last))
        if last:
            self.settled.set()


class Clock:
    """A clock of seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def asker_for(service: ServiceClient, told: Told, clock: Clock | None = None) -> PresentationWorker:
    """Return a worker that asks again at once."""
    watchdog = Watchdog(clock) if clock else Watchdog()
    return PresentationWorker(service, watchdog, told, retry_seconds=0.05, answer_seconds=1)


def test_a_part_is_silent_after_its_limit_and_alive_with_its_next_beat() -> None:
    clock = Clock()
    watchdog = Watchdog(clock)
    watchdog.watch("looking", 5)
    watchdog.watch("asking", 20)
    clock.now = 6
    assert watchdog.silent() == ["looking"]
    clock.now = 21
    assert watchdog.silent() == ["looking", "asking"]
    watchdog.beat("looking")
    assert watchdog.silent() == ["asking"]


def test_a_question_is_asked_again_until_it_is_answered(house: House) -> None:
    payload, told = house.parcel("P-1"), Told()
    worker = asker_for(house.service(Offline.WAIT), told)
    house.line.cut = True
    worker.ask(payload)
    assert worker.busy
    time.sleep(0.3)
    house.line.cut = False
    assert within(10, told.settled)
    assert told.verdicts[0] == (payload, "unknown", False)
    assert told.verdicts[-1] == (payload, "accepted", True)
    worker.stop()


def test_without_an_answer_the_person_is_told_in_the_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presentation_worker, "_UNANSWERED_SECONDS", 0.2)
    told = Told()
    worker = asker_for(house.service(Offline.WAIT), told)
    house.line.cut = True
    worker.ask(house.parcel("P-1"))
    assert within(10, told.settled)
    assert told.verdicts[-1][1:] == ("unknown", True)
    worker.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_asking_thread_that_dies_is_replaced_and_the_next_code_is_answered(house: House) -> None:
    payload, told = house.parcel("P-1"), Told()
    service = house.service()
    kept = house.folder / "unanswered"
    worker = asker_for(service, told)
    kept.rename(house.folder / "gone")  # a disk that fails under it
    worker.ask(payload)
    for _ in range(100):
        if not worker.alive():
            break
        time.sleep(0.05)
    assert not worker.alive()
    (house.folder / "gone").rename(kept)
    worker.replace()
    assert told.verdicts == [(payload, UNKNOWN["outcome"], True)]
    assert not worker.busy
    told.settled.clear()
    worker.ask(payload)
    assert within(10, told.settled)
    assert told.verdicts[-1] == (payload, "accepted", True)
    worker.stop()


@pytest.mark.parametrize(("offline", "cut"), [(Offline.WAIT, False), (Offline.HAND_OVER, True)])
def test_an_asking_thread_that_hangs_is_replaced_and_takes_no_green_away(
    house: House, offline: Offline, cut: bool
) -> None:
    payload, told, clock = house.parcel("P-1"), Told(), Clock()
    worker = asker_for(house.service(offline), told, clock)
    hangs, goes_on = threading.Event(), threading.Event()
    carry = house.line.handle_request

    def hang(request: httpx.Request) -> httpx.Response:
        house.line.handle_request = carry  # type: ignore[method-assign]
        hangs.set()
        goes_on.wait(20)
        return carry(request)

    house.line.handle_request = hang  # type: ignore[method-assign]
    hanging = next(each for each in threading.enumerate() if each.name == "kiosk-asking")
    worker.ask(payload)
    assert within(5, hangs)
    clock.now += 1000
    assert not worker.alive()
    worker.replace()
    assert worker.alive()
    house.line.cut = cut
    goes_on.set()
    hanging.join(10)
    assert not hanging.is_alive()
    told.settled.clear()
    house.line.cut = False
    worker.ask(payload)
    assert within(10, told.settled)
    assert [each[1] for each in told.verdicts] == ["unknown", "accepted"]
    worker.stop()


def test_systemd_is_told_at_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("WATCHDOG=1")
        assert systemd.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("WATCHDOG=1")
