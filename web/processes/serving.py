"""Processes: one that listens, one that sends mail, and one that keeps both running."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkProcess

from web.processes.tls import CertificatePaths

PARENT = "DOORCODE_PARENT"
"""Names the process that started this one, where that is one of ours."""
_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 4
_ANSWER_SECONDS = 2
"""So long a web process that stops lets open connections finish what they have begun."""
_SOON = 2.0
_BESIDE_SECONDS = 8.0
"""At a reload the old process goes on for so long beside the new one, which needs some time to start."""
_FAILURES = 3
_MOST_CONNECTIONS = 16_384
"""So many may be open to one web process. Browsers keep theirs while nothing is asked: with granian's own 1,024,
open ticket pages, or somebody's idle connections, would shut everybody else out."""
_OTHER_FILES = 1024
_MOST_HEADER_BYTES = 1 << 16
"""HTTP/2 names what it has said by an index, so that 16 MB of headers, granian's own limit, come in a few kB."""
_MOST_STREAMS = 100
"""So many requests go at once over one connection (RFC 9113 section 6.5.2 wants no fewer)."""
_TOLD_BY = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK_SECONDS = 0.2
_LOOK_SECONDS_AT_FIRST = 0.02
_SWITCH_SECONDS = 0.0002
"""A thread that the database has answered waits for the interpreter no longer than this. Python's 5 ms are more than
all of its work, and it waits at each of its trips."""


class CannotListen(Exception):
    """The address is none of this machine, or another program listens there."""


class StartFailed(Exception):
    """A part of the service ends as soon as it is started."""


STAYS_DOWN = 3
"""With this exit status a process asks not to be started again."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen, and with which certificate."""

    host: str
    port: int
    certificate: CertificatePaths | None = None

    def address(self) -> str:
        """Return the host as an address, of IPv4 where it has one, as proxies ask there. Raises CannotListen."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            return str(min(found, key=lambda each: each[0] != socket.AF_INET)[4][0])
        except (OSError, UnicodeError) as error:
            raise CannotListen(
                f"{self.host} is no address; set server.host, or --host, to one of this machine"
            ) from error

    def check(self) -> None:
        """Raise CannotListen unless the address is free, and BadCertificate."""
        address = self.address()
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, self.port))
            except OSError as error:
                mend = {
                    errno.EADDRINUSE: "stop the other program, or choose another port in config.yaml or with --port",
                    errno.EACCES: "choose a port from 1024 on, and let a reverse proxy stand before it",
                }.get(error.errno or 0, "set server.host, or --host, to an address of this machine")
                raise CannotListen(f"cannot listen on {self.host}:{self.port} ({error.strerror}); {mend}") from error
        if self.certificate is not None:
            self.certificate.check()


@dataclass(slots=True)
class ServicePart:
    """A child process that is started again when it ends."""

    name: str
    work: Callable[[], int]
    process: ForkProcess | None = None
    started: float = 0.0
    failures: int = field(default=0)
    reloading: bool = field(default=False)
    stays_down: bool = field(default=False)

    def start(self) -> None:
        """Start the process as a copy of this one, which has loaded the program; it ends when this one does."""
        os.environ[PARENT] = str(os.getpid())
        self.process = get_context("fork").Process(target=_be_a_part, args=(self.work,), name=self.name)
        # What it is told before it has begun waits until it is no longer this process that listens.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD_BY)
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_BY)
        self.started = time.monotonic()
        self.reloading = False

    def reload(self) -> None:
        """Let the process read the settings again; a web process answers what it has begun before.

        Others end and are started again. So does one that is still starting, which the signal kills.
        """
        if self.process is not None and self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, signal.SIGHUP)
            self.reloading = True

    def look_after(self) -> None:
        """Start the process again if it ended. Raises StartFailed if it keeps ending at once."""
        assert self.process is not None
        status = self.process.exitcode
        if status is None or self.stays_down:
            return
        if status == STAYS_DOWN:
            self.stays_down = True
            print(f"{self.name} has stopped for a reason that no start mends; see above", file=sys.stderr, flush=True)
            return
        if self.reloading:
            print(f"{self.name} reads its settings again", file=sys.stderr, flush=True)
            self.start()
            return
        self.failures = self.failures + 1 if time.monotonic() - self.started < _SOON else 0
        if self.failures >= _FAILURES:
            raise StartFailed(f"{self.name} ends as soon as it is started (status {status})")
        print(f"{self.name} ended (status {status}); starting it again", file=sys.stderr, flush=True)
        self.start()


def supervise(parts: Sequence[ServicePart], listener: Listener, when_open: Callable[[], None]) -> int:
    """Keep the parts running until this process is told to stop. ``when_open`` is called once somebody listens."""
    stopping = told = False
    reloads_asked = reloads_begun = 0

    def reload(_number: int, _frame: object) -> None:
        nonlocal reloads_asked
        reloads_asked += 1

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, reload)
    for part in parts:
        part.start()
    try:
        while not stopping:
            if not told and is_open(listener.host, listener.port):
                told = True
                when_open()
            before, reloads_begun = reloads_begun, reloads_asked
            for part in parts:
                if reloads_begun != before:
                    part.reload()
                part.look_after()
            time.sleep(_LOOK_SECONDS if told else _LOOK_SECONDS_AT_FIRST)
    except StartFailed as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        _stop(parts)
    return 0


def is_open(host: str, port: int) -> bool:
    """Tell whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def listen(listener: Listener, *, workers: int) -> None:
    """Serve the application at one address until told to stop. The factory is ``app:service``."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, RuntimeModes, SSLProtocols
    from granian.http import HTTP2Settings
    from granian.log import LogLevels

    sys.setswitchinterval(_SWITCH_SECONDS)
    certificate = listener.certificate
    os.environ[PARENT] = str(os.getpid())
    Granian(
        "app:service",
        factory=True,
        address=listener.address(),
        port=listener.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto if certificate else HTTPModes.http1,
        http2_settings=HTTP2Settings(max_headers_size=_MOST_HEADER_BYTES, max_concurrent_streams=_MOST_STREAMS),
        websockets=False,
        # One thread is woken for a request's bytes, not one of several.
        runtime_mode=RuntimeModes.st,
        workers=workers,
        backpressure=_connections_allowed(),
        respawn_failed_workers=True,
        workers_kill_timeout=_ANSWER_SECONDS,
        respawn_interval=_BESIDE_SECONDS,
        log_level=LogLevels.error,
        ssl_cert=certificate.certificate if certificate else None,
        ssl_key=certificate.key if certificate else None,
        ssl_protocol_min=SSLProtocols.tls12,
    ).serve()


def _connections_allowed() -> int:
    """Raise this process's limit of open files as far as needed and allowed; returns what it leaves for connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(_OTHER_FILES, most - _OTHER_FILES)


def die_with_parent() -> None:
    """Let Linux kill this process when its parent ends, however that ends (prctl(2), PR_SET_PDEATHSIG).

    What is answered is on the disk by then, so nothing is lost; and the port is free for the next start.
    A process that nobody of ours started lives by itself.
    """
    parent = os.environ.get(PARENT)
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the process that started this one has ended meanwhile")


def _be_a_part(work: Callable[[], int]) -> None:
    """Do a part's work in the process that was copied for it, and end with its status."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_BY)
    try:
        sys.exit(work())
    except KeyboardInterrupt:
        # A terminal tells all processes; whoever looks after this one is ending, too.
        sys.exit(0)


def _stop(parts: Sequence[ServicePart]) -> None:
    running = [part.process for part in parts if part.process is not None]
    for process in running:
        process.terminate()
    end = time.monotonic() + _STOP_SECONDS
    for process in running:
        process.join(max(0.1, end - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()
