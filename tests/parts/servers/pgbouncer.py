"""A real pgbouncer in transaction mode before a PostgreSQL of our own, with fewer connections than its callers have."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.parts.running_service import free_port
from tests.parts.servers.opening import wait_until_open
from tests.parts.servers.postgresql import PostgresServer

SETTINGS = """
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""


@contextmanager
def running_pgbouncer(server: PostgresServer) -> Iterator[int]:
    """Run until the block ends; gives the port."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise RuntimeError("pgbouncer is not here: `make test` installs it")
    folder, port = Path(tempfile.mkdtemp(prefix="doorcode-pooler-")), free_port()
    config = folder / "pgbouncer.ini"
    config.write_text(SETTINGS.format(server=server.folder, port=port), encoding="utf-8")
    # It refuses to run as root.
    owner: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder.chmod(0o755)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(config)], stdout=log, stderr=log, **owner)
    try:
        assert wait_until_open("127.0.0.1", port), (folder / "log").read_text(encoding="utf-8")
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)
