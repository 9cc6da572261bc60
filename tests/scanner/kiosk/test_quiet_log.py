"""What the kiosk's log says, and what it keeps to itself."""

from __future__ import annotations

import logging

import pytest

from scanner.kiosk.quiet_log import QuietLog, masked


class Turned:
    """A clock that the test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("doorcode.kiosk", logging.ERROR, __file__, 1, message, arguments, None)


@pytest.mark.parametrize(
    "secret", ["7310123456789012345678901234567890", "483920", "SAMPLE0002", "JD-0146/00.A7", "00340434161094042557"]
)
@pytest.mark.parametrize("around", ["kiosk: %s was refused", "%s", "kiosk: https://host.example/open?code=%s failed"])
def test_no_code_and_no_whole_number_is_said(around: str, secret: str) -> None:
    said = masked(around % secret)
    assert secret not in said
    assert said.count("…") >= 1


def test_times_and_plain_words_stay_readable() -> None:
    line = "kiosk: noted at 2026-11-24T10:11:12+00:00, answered late: already_handed_over after 35 s"
    assert masked(line) == line


def test_one_trouble_is_said_once_a_minute_and_counted() -> None:
    clock = Turned()
    quiet = QuietLog(clock)
    said = [quiet.filter(record("kiosk: the camera is gone after %d frames", number)) for number in range(30)]
    assert said.count(True) == 1
    assert quiet.filter(record("kiosk: the lock did not open"))
    clock.now = 61.0
    again = record("kiosk: the camera is gone after %d frames", 31)
    assert quiet.filter(again)
    assert again.getMessage() == "kiosk: the camera is gone after 31 frames (29 more in the last minute)"
