"""The whole service, started as a person starts it: `app.py run`, with settings and a data folder of its own.

A folder's first start takes longest: schema, keys, the first administrator, sample parcels. So those are made once
in a test run, and copied.
"""

from __future__ import annotations

import atexit
import copy
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import yaml

from codes import DeliveryCodes
from codes.accounts.api_keys import add_key
from codes.accounts.devices import invite_device
from codes.model import DeviceKind
from web.commands.opening import opened, settings_in
from web.commands.service.starting import first_administrator, prepare_demo

HOME = Path(__file__).parents[2]
READY_WITHIN_SECONDS = 240
STOPPED_WITHIN_SECONDS = 120

log = logging.getLogger(__name__)
# What a service said stands in the report of a test that fails.
log.setLevel(logging.INFO)


class RunningService:
    """A service that answers at ``url``; its other commands are run with the same settings."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], port: int, home: Path = HOME) -> None:
        self.folder = folder
        self.home = home
        self.url = f"http://localhost:{port}"
        self.port = port
        self.config = folder / "config.yaml"
        self.config.write_text(yaml.safe_dump(dict(settings), allow_unicode=True), encoding="utf-8")
        self.output: list[str] = []
        self._lines: Queue[str] = Queue()
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None

    def start(self, *options: str) -> None:
        """Start, and wait until it says that it runs."""
        self._process = subprocess.Popen(
            self._command("run", "--port", str(self.port), "--https-port", "0", *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=service_environment(),
        )
        assert self._process.stdout is not None
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()
        self.wait_for_line("Stop with Ctrl+C")

    @property
    def pid(self) -> int:
        """The process that looks after all others."""
        assert self._process is not None
        return self._process.pid

    def is_running(self) -> bool:
        """Tell whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Stop as Ctrl+C does, and return the exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(STOPPED_WITHIN_SECONDS)

    def kill(self) -> None:
        """Kill without warning, as a power cut does; all its processes die with it."""
        assert self._process is not None
        assert self._listener is not None
        self._process.kill()
        self._process.wait(STOPPED_WITHIN_SECONDS)
        # Ends when the last of the service's processes has let go of its output.
        self._listener.join(STOPPED_WITHIN_SECONDS)
        assert not self._listener.is_alive()

    def run(self, *arguments: str, expected_status: int = 0) -> str:
        """Run another command of `app.py` and return what it printed on standard output."""
        done = subprocess.run(
            self._command(*arguments), capture_output=True, text=True, env=service_environment(), check=False
        )
        assert done.returncode == expected_status, done.stdout + done.stderr
        return done.stdout

    def codes(self) -> AbstractContextManager[DeliveryCodes]:
        """Open the service's own store, as its commands do."""
        return opened(settings_in(self.config))

    def invitation(self, name: str, kind: DeviceKind = DeviceKind.DRIVER) -> str:
        """Return the address that enrols a device, once."""
        with self.codes() as codes:
            return f"{self.url}/enrol#{codes.write(invite_device, name, kind)}"

    def key_of(self, sender: str) -> str:
        """Return a new API key for a sender."""
        with self.codes() as codes:
            return codes.write(add_key, sender)

    def password(self) -> str:
        """Return the first administrator's password."""
        return (self.folder / "var" / "secrets" / "admin-password").read_text(encoding="utf-8").strip()

    def wait_for_line(self, part: str) -> str:
        """Wait until the service prints a line with this in it, and return the line."""
        while True:
            try:
                line = self._lines.get(timeout=READY_WITHIN_SECONDS)
            except Empty as error:
                raise AssertionError(f"{part!r} was never printed; this was:\n{''.join(self.output)}") from error
            if part in line:
                return line

    def _listen(self, stream: Any) -> None:
        with stream:
            for line in stream:
                log.info("%s", line.rstrip())
                self.output.append(line)
                self._lines.put(line)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.home / "app.py"), "--config", str(self.config), *arguments]


def settings_for(folder: Path, **sections: Any) -> dict[str, Any]:
    """Return the shipped settings with a data folder of their own, and with the given sections' keys replaced."""
    settings = copy.deepcopy(_shipped_settings())
    settings["data_folder"] = str(folder / "var")
    for name, values in sections.items():
        settings[name] = settings[name] | values if isinstance(values, dict) else values
    return dict(settings)


@cache
def _shipped_settings() -> dict[str, Any]:
    return dict(yaml.safe_load((HOME / "config.yaml").read_text(encoding="utf-8")))


@contextmanager
def running_service(
    folder: Path, *options: str, home: Path = HOME, first_start: bool = False, **sections: Any
) -> Iterator[RunningService]:
    """Run the service until the block ends; ``sections`` are changes to the shipped settings."""
    settings = settings_for(folder, **sections)
    if settings["database_url"] is None and not first_start and not (folder / "var").exists():
        shutil.copytree(_prepared(demo="--demo" in options), folder / "var")
    service = RunningService(folder, settings, free_port(), home)
    service.start(*options)
    try:
        yield service
    finally:
        service.kill()


@cache
def _prepared(*, demo: bool) -> Path:
    """Return a data folder after its first start."""
    folder = Path(tempfile.mkdtemp(prefix="doorcode-prepared-"))
    atexit.register(shutil.rmtree, folder)
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(settings_for(folder), allow_unicode=True), encoding="utf-8")
    settings = settings_in(config)
    with opened(settings) as codes:
        first_administrator(codes, settings.secrets_folder)
        if demo:
            prepare_demo(codes)
    return settings.data_folder


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def service_environment() -> dict[str, str]:
    """A service finds no settings of the machine that the tests run on, and trusts whom it does elsewhere."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("DOORCODE_", "SSL_CERT_"))}
    return ours | {"PYTHONUNBUFFERED": "1"}
