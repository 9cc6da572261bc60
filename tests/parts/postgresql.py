"""A real PostgreSQL of our own: its own data, its own socket, nothing shared with the machine's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

READY_WITHIN_SECONDS = 60


class PostgresServer:
    """One running server that listens on a socket file only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fresh_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self._address(name)

    def is_ready(self) -> bool:
        """Tell whether the server takes connections."""
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _address(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a fresh server, and take it away with its data."""
    # A socket's path may be 107 bytes long, so the folder is short and not below pytest's.
    folder = Path(tempfile.mkdtemp(prefix="doorcode-pg-"))
    # PostgreSQL refuses to run as root.
    owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if owner:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    try:
        subprocess.run(
            [_program("initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D", data],
            check=True,
            capture_output=True,
            cwd=folder,
            **owner,
        )
        options = ("listen_addresses=", f"unix_socket_directories={folder}", "max_connections=200")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [_program("postgres"), "-D", data, *(part for option in options for part in ("-c", option))],
                stdout=log,
                stderr=log,
                cwd=folder,
                **owner,
            )
        try:
            server = PostgresServer(folder)
            _wait_for(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: open transactions are undone
            process.wait()
    finally:
        shutil.rmtree(folder)


def _wait_for(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not server.is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((server.folder / "log").read_text())
        time.sleep(0.05)


def _program(name: str) -> str:
    """Debian keeps PostgreSQL's own programs out of the path."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None)
    if found is None:
        raise RuntimeError("PostgreSQL is not here: `make test` installs it")
    return found
