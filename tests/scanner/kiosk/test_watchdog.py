"""What hangs or dies is noticed, and replaced where it can be."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from scanner.kiosk import asker as asker_module
from scanner.kiosk.asker import Asker
from scanner.kiosk.asking import UNKNOWN, Asking, Verdict
from scanner.kiosk.pulse import Pulse, notify
from scanner.settings import Offline
from tests.scanner.kiosk.conftest import House


def within(seconds: float, happened: threading.Event) -> bool:
    """Wait for something to happen."""
    return happened.wait(seconds)


class Told:
    """Hears verdicts."""

    def __init__(self) -> None:
        self.verdicts: list[tuple[str, str, bool]] = []
        self.settled = threading.Event()

    def __call__(self, text: str, verdict: Verdict, last: bool) -> None:
        """Hear one."""
        self.verdicts.append((text, verdict["outcome"], last))
        if last:
            self.settled.set()


class Clock:
    """A clock of seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def asker_for(asking: Asking, told: Told, clock: Clock | None = None) -> Asker:
    """Return an asker that asks again at once."""
    pulse = Pulse(clock) if clock else Pulse()
    return Asker(asking, pulse, told, retry_seconds=0.05, answer_seconds=1)


def test_a_part_is_silent_after_its_limit_and_alive_with_its_next_beat() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    pulse.watch("looking", 5)
    pulse.watch("asking", 20)
    clock.now = 6
    assert pulse.silent() == ["looking"]
    clock.now = 21
    assert pulse.silent() == ["looking", "asking"]
    pulse.beat("looking")
    assert pulse.silent() == ["asking"]


def test_a_question_is_asked_again_until_it_is_answered(house: House) -> None:
    payload, told = house.parcel("P-1"), Told()
    asker = asker_for(house.asking(Offline.WAIT), told)
    house.line.cut = True
    asker.ask(payload)
    assert asker.busy
    time.sleep(0.3)
    house.line.cut = False
    assert within(10, told.settled)
    assert told.verdicts[0] == (payload, "unknown", False)
    assert told.verdicts[-1] == (payload, "accepted", True)
    asker.stop()


def test_without_an_answer_the_person_is_told_in_the_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asker_module, "_UNANSWERED_SECONDS", 0.2)
    told = Told()
    asker = asker_for(house.asking(Offline.WAIT), told)
    house.line.cut = True
    asker.ask(house.parcel("P-1"))
    assert within(10, told.settled)
    assert told.verdicts[-1][1:] == ("unknown", True)
    asker.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_asking_thread_that_dies_is_replaced_and_the_next_code_is_answered(house: House) -> None:
    payload, told = house.parcel("P-1"), Told()
    asking = house.asking()
    kept = house.folder / "unanswered"
    asker = asker_for(asking, told)
    kept.rename(house.folder / "gone")  # a disk that fails under it
    asker.ask(payload)
    for _ in range(100):
        if not asker.alive():
            break
        time.sleep(0.05)
    assert not asker.alive()
    (house.folder / "gone").rename(kept)
    asker.replace()
    assert told.verdicts == [(payload, UNKNOWN["outcome"], True)]
    assert not asker.busy
    told.settled.clear()
    asker.ask(payload)
    assert within(10, told.settled)
    assert told.verdicts[-1] == (payload, "accepted", True)
    asker.stop()


@pytest.mark.parametrize(("offline", "cut"), [(Offline.WAIT, False), (Offline.HAND_OVER, True)])
def test_an_asking_thread_that_hangs_is_replaced_and_takes_no_green_away(
    house: House, offline: Offline, cut: bool
) -> None:
    payload, told, clock = house.parcel("P-1"), Told(), Clock()
    asker = asker_for(house.asking(offline), told, clock)
    hangs, goes_on = threading.Event(), threading.Event()
    carry = house.line.handle_request

    def hang(request: httpx.Request) -> httpx.Response:
        house.line.handle_request = carry  # type: ignore[method-assign]
        hangs.set()
        goes_on.wait(20)
        return carry(request)

    house.line.handle_request = hang  # type: ignore[method-assign]
    hanging = next(each for each in threading.enumerate() if each.name == "kiosk-asking")
    asker.ask(payload)
    assert within(5, hangs)
    clock.now += 1000
    assert not asker.alive()
    asker.replace()
    assert asker.alive()
    house.line.cut = cut
    goes_on.set()
    hanging.join(10)
    assert not hanging.is_alive()
    told.settled.clear()
    house.line.cut = False
    asker.ask(payload)
    assert within(10, told.settled)
    assert [each[1] for each in told.verdicts] == ["unknown", "accepted"]
    asker.stop()


def test_systemd_is_told_at_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("WATCHDOG=1")
        assert systemd.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("WATCHDOG=1")
