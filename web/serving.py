"""Processes: one that listens, one that sends mail, and one that keeps both running."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from web.tls import CertificatePaths

SUPERVISED = "DOORCODE_SUPERVISED"
_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10
_SOON = 2.0
_FAILURES = 3


class PortTaken(Exception):
    """Another program listens there."""


class StartFailed(Exception):
    """A part of the service ends as soon as it is started."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen, and with which certificate."""

    host: str
    port: int
    certificate: CertificatePaths | None = None

    def check(self) -> None:
        """Raise PortTaken unless the address is free."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise PortTaken(
                    f"cannot listen on {self.host}:{self.port} ({error.strerror}); "
                    "stop the other program, or choose another port in config.yaml or with --port"
                ) from error


@dataclass(slots=True)
class Part:
    """A child process that is started again when it ends."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = field(default=0)

    def start(self) -> None:
        """Start the process in this one's name; it ends when this one does."""
        environment = os.environ | {SUPERVISED: "1"}
        self.process = subprocess.Popen(self.command, env=environment, stdin=subprocess.DEVNULL)
        self.started = time.monotonic()

    def look_after(self) -> None:
        """Start the process again if it ended. Raises StartFailed if it keeps ending at once."""
        assert self.process is not None
        status = self.process.poll()
        if status is None:
            return
        self.failures = self.failures + 1 if time.monotonic() - self.started < _SOON else 0
        if self.failures >= _FAILURES:
            raise StartFailed(f"{self.name} ends as soon as it is started (status {status})")
        print(f"{self.name} ended (status {status}); starting it again", file=sys.stderr, flush=True)
        self.start()


def supervise(parts: Sequence[Part], when_ready: Callable[[], None]) -> int:
    """Keep the parts running until this process is told to stop. ``when_ready`` is called once all are started."""
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for part in parts:
        part.start()
    try:
        when_ready()
        while not stopping:
            for part in parts:
                part.look_after()
            time.sleep(0.2)
    except StartFailed as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        _stop(parts)
    return 0


def wait_until_open(host: str, port: int, seconds: float = 30) -> bool:
    """Wait until something accepts connections there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((host, port)) == 0:
                return True
        time.sleep(0.05)
    return False


def listen(listener: Listener, *, workers: int, threads: int) -> None:
    """Serve the application at one address until told to stop. The factory is ``app:service``."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.log import LogLevels

    listener.check()
    certificate = listener.certificate
    Granian(
        "app:service",
        factory=True,
        address=listener.host,
        port=listener.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.auto if certificate else HTTPModes.http1,
        websockets=False,
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_level=LogLevels.error,
        ssl_cert=certificate.certificate if certificate else None,
        ssl_key=certificate.key if certificate else None,
        ssl_protocol_min=SSLProtocols.tls12,
    ).serve()


def die_with_parent() -> None:
    """Let Linux kill this process when its parent ends, however that ends (prctl(2), PR_SET_PDEATHSIG).

    What is answered is on the disk by then, so nothing is lost; and the port is free for the next start.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def is_supervised() -> bool:
    """Tell whether ``supervise`` started this process."""
    return os.environ.get(SUPERVISED) == "1"


def own_command(*arguments: str) -> list[str]:
    """Return the command line of another command of this program."""
    return [sys.executable, str(Path(sys.argv[0]).resolve()), *arguments]


def _stop(parts: Sequence[Part]) -> None:
    running = [part.process for part in parts if part.process is not None]
    for process in running:
        process.terminate()
    end = time.monotonic() + _STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
