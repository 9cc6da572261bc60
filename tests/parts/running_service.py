"""The whole service, started as a person starts it: `app.py run`, with settings and a data folder of its own."""

from __future__ import annotations

import copy
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import yaml

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
    settings = copy.deepcopy(yaml.safe_load((HOME / "config.yaml").read_text(encoding="utf-8")))
    settings["data_folder"] = str(folder / "var")
    for name, values in sections.items():
        settings[name] = settings[name] | values if isinstance(values, dict) else values
    return dict(settings)


@contextmanager
def running_service(folder: Path, *options: str, home: Path = HOME, **sections: Any) -> Iterator[RunningService]:
    """Run the service until the block ends; ``sections`` are changes to the shipped settings."""
    service = RunningService(folder, settings_for(folder, **sections), free_port(), home)
    service.start(*options)
    try:
        yield service
    finally:
        service.kill()


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def service_environment() -> dict[str, str]:
    """A service finds no settings of the machine that the tests run on."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DOORCODE_")}
    return ours | {"PYTHONUNBUFFERED": "1"}
