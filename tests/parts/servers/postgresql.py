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
from typing import Any
from uuid import uuid4

import psycopg

READY_WITHIN_SECONDS = 60


class PostgresServer:
    """One server that listens on a socket file only."""

    def __init__(self, folder: Path, owner: dict[str, Any]) -> None:
        self.folder = folder
        self._owner = owner
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until connections are taken."""
        options = ("listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=200")
        command = [
            _program("postgres"),
            "-D",
            str(self.folder / "data"),
            *(part for each in options for part in ("-c", each)),
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._owner)
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop fast: connections are cut off, and open transactions undone."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let all its processes stand still, as those of a paused machine do: connections stay, nothing is answered."""
        assert self._process is not None
        stopped = [self._process.pid, *children(self._process.pid)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def without_standby(self) -> Iterator[None]:
        """Let each commit wait for a synchronous standby that is not there."""
        self._await_standby("nobody")
        try:
            yield
        finally:
            self._await_standby("")

    def kill(self) -> None:
        """End the first process without warning; its children follow when they notice."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @contextmanager
    def standby(self) -> Iterator[PostgresServer]:
        """Give a copy that follows this server, and for which each of its commits waits from now on."""
        with _folder(self._owner) as folder:
            options = ("-h", str(self.folder), "-U", "postgres", "-D", "data", "-c", "fast", "--write-recovery-conf")
            command = [_program("pg_basebackup"), *options]
            subprocess.run(command, check=True, capture_output=True, cwd=folder, **self._owner)
            copy = PostgresServer(folder, self._owner)
            copy.start()
            try:
                self._await_standby("*")
                with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
                    while not connection.execute("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'").rowcount:
                        time.sleep(0.01)
                yield copy
            finally:
                copy.stop()

    def promote(self) -> None:
        """Let a standby lead."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)

    def _await_standby(self, name: str) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
            connection.execute("SELECT pg_reload_conf()")
            while connection.execute("SHOW synchronous_standby_names").fetchone() != (name,):
                time.sleep(0.01)

    def cut_off(self, url: str) -> int:
        """End every connection to a database, and return how many there were."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (name_in(url),),
            )
            return len(ended.fetchall())

    def fresh_database(self, like: str = "") -> str:
        """Make a database, empty or a copy of the one at a URL that nobody uses, and return its URL."""
        name = f"test_{uuid4().hex}"
        template = f' TEMPLATE "{name_in(like)}"' if like else ""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"{template}')
        return self._address(name)

    def drop_database(self, url: str) -> None:
        """Take a database away, whoever is still connected to it."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name_in(url)}" WITH (FORCE)')

    def is_ready(self) -> bool:
        """Tell whether the server takes connections."""
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _address(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def name_in(url: str) -> str:
    """Return the name of the database at a URL of a server here."""
    return url.partition("@/")[2].partition("?")[0]


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a fresh server, and take it away with its data."""
    # PostgreSQL refuses to run as root.
    owner: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with _folder(owner) as folder:
        subprocess.run(
            [_program("initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D", "data"],
            check=True,
            capture_output=True,
            cwd=folder,
            **owner,
        )
        server = PostgresServer(folder, owner)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def _folder(owner: dict[str, Any]) -> Iterator[Path]:
    # A socket's path may be 107 bytes long, so the folder is short and not below pytest's.
    folder = Path(tempfile.mkdtemp(prefix="doorcode-pg-"))
    if owner:
        shutil.chown(folder, owner["user"], owner["group"])
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _program(name: str) -> str:
    """Debian keeps PostgreSQL's own programs out of the path."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None)
    if found is None:
        raise RuntimeError("PostgreSQL is not here: `make test` installs it")
    return found
