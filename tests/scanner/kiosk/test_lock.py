"""A lock opens after an accepted verdict and at no other time, and nothing secret is said of it."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from scanner.kiosk.lock import BadLock, Lock
from scanner.settings import LockSection

SECRET = "whsec_c2FtcGxlIHNlY3JldCBvZiBhIGxvY2sgZm9yIHRlc3Rz"
ACCEPTED: dict[str, Any] = {
    "outcome": "accepted",
    "presentation_id": "0b0d0f9a-6a3e-4d0e-9d5b-0a8a4d1f2c11",
    "recipient_language": "tr",
    "match_number": "47",
    "parcels": [
        {"reference": "P-1", "outcome": "accepted", "shelf": "A 3"},
        {"reference": "P-2", "outcome": "already_handed_over"},
    ],
}


class Hatch(ThreadingHTTPServer):
    """A lock on the network that keeps what it was told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Told)
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.slow_seconds = 0.0

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.server_port}/open"


class _Told(BaseHTTPRequestHandler):
    server: Hatch

    def do_POST(self) -> None:
        """Keep what was said, and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((dict(self.headers), body))
        time.sleep(self.server.slow_seconds)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hatch() -> Iterator[Hatch]:
    """A hatch that listens."""
    with Hatch() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_accepted_verdict_opens_by_a_signed_webhook_that_names_no_person(hatch: Hatch, tmp_path: Path) -> None:
    (tmp_path / "lock-secret").write_text(SECRET + "\n")
    lock = Lock(LockSection(webhook=hatch.address, secret_file=Path("lock-secret")), tmp_path)
    assert lock.try_open(ACCEPTED)
    ((headers, body),) = hatch.told
    told = Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
    assert told == {
        "presentation_id": ACCEPTED["presentation_id"],
        "parcels": [{"reference": "P-1", "shelf": "A 3"}],
    }


NOT_ACCEPTED = ("wrong_code", "already_handed_over", "noted", "unknown", "refused", "device_revoked")


@pytest.mark.parametrize("outcome", NOT_ACCEPTED)
def test_nothing_else_opens_it(hatch: Hatch, tmp_path: Path, outcome: str) -> None:
    opened: list[bool] = []
    lock = Lock(LockSection(webhook=hatch.address), tmp_path)
    lock.open({**ACCEPTED, "outcome": outcome}, opened.append)
    assert not lock.try_open({**ACCEPTED, "outcome": outcome})
    assert (hatch.told, opened) == ([], [])


def test_a_lock_that_says_no_is_slow_or_is_not_there_is_shut(hatch: Hatch, tmp_path: Path) -> None:
    hatch.status = 500
    assert not Lock(LockSection(webhook=hatch.address), tmp_path).try_open(ACCEPTED)
    hatch.status, hatch.slow_seconds = 204, 2.0
    assert not Lock(LockSection(webhook=hatch.address, timeout_seconds=0.2), tmp_path).try_open(ACCEPTED)
    assert not Lock(LockSection(webhook="http://127.0.0.1:9/none"), tmp_path).try_open(ACCEPTED)


def test_a_command_gets_the_parcels_to_read_and_no_shell(tmp_path: Path) -> None:
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    out = tmp_path / "out; touch evil"
    assert Lock(LockSection(command=(sys.executable, "-c", script, str(out))), tmp_path).try_open(ACCEPTED)
    assert json.loads(out.read_text())["parcels"] == [{"reference": "P-1", "shelf": "A 3"}]


def test_a_command_that_fails_hangs_or_is_missing_leaves_it_shut(tmp_path: Path) -> None:
    for command in (
        (sys.executable, "-c", "raise SystemExit(3)"),
        (sys.executable, "-c", "import time; time.sleep(20)"),
        ("/no/such/program",),
    ):
        assert not Lock(LockSection(command=command, timeout_seconds=0.5), tmp_path).try_open(ACCEPTED)


def test_the_opening_waits_for_nobody_and_tells_when_it_is_done(hatch: Hatch, tmp_path: Path) -> None:
    hatch.slow_seconds = 0.3
    done = threading.Event()
    opened: list[bool] = []

    def tell(well: bool) -> None:
        opened.append(well)
        done.set()

    Lock(LockSection(webhook=hatch.address), tmp_path).open(ACCEPTED, tell)
    assert opened == []
    assert done.wait(10)
    assert opened == [True]


def test_no_secret_stands_in_the_log(hatch: Hatch, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "lock-secret").write_text(SECRET)
    hatch.status = 403
    section = LockSection(webhook=f"{hatch.address}?key=very-secret", secret_file=Path("lock-secret"))
    with caplog.at_level(logging.DEBUG, "doorcode.kiosk"):
        assert not Lock(section, tmp_path).try_open(ACCEPTED)
        gone = LockSection(webhook="http://127.0.0.1:9/?key=very-secret", secret_file=Path("lock-secret"))
        assert not Lock(gone, tmp_path).try_open(ACCEPTED)
    ours = " ".join(record.getMessage() for record in caplog.records if record.name == "doorcode.kiosk")
    assert "the lock's webhook says 403" in ours
    assert "very-secret" not in ours
    assert SECRET.removeprefix("whsec_") not in ours


def test_a_secret_that_is_missing_or_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("whsec_!!")
    for name in ("missing", "bad"):
        with pytest.raises(BadLock, match=name):
            Lock(LockSection(secret_file=Path(name)), tmp_path)
