"""Three database nodes on this machine, each with etcd, Patroni and PostgreSQL, and the HAProxy that leads to them.

The settings are those that are shipped in deploy/database, with this machine's ports in them.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml

from tests.parts.running_service import HOME, free_port
from tests.parts.servers.postgresql import children

HEALTHY_WITHIN_SECONDS = 180
STOPPED_WITHIN_SECONDS = 20
PYTHON = "/usr/bin/python3"
"""The system's own: the user that PostgreSQL runs as may start it, wherever the project lies."""
PACKAGES = HOME / ".venv" / "failover"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class NotHealthy(Exception):
    """The nodes do not come together."""


@dataclass(slots=True)
class Node:
    """One machine with a database: its ports, and what runs on it by now."""

    name: str
    etcd: int = field(default_factory=free_port)
    peer: int = field(default_factory=free_port)
    rest: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    agent: subprocess.Popen[bytes] | None = None
    keeper: subprocess.Popen[bytes] | None = None


class Cluster:
    """The nodes, and the one address under which their primary is reached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes = {name: Node(name) for name in ("db1", "db2", "db3")}
        self.port = free_port()
        self._password = secrets.token_hex(8)
        self._started: list[subprocess.Popen[bytes]] = []
        self._owner = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []

    def start(self) -> None:
        """Start everything, and wait until a primary has its standbys."""
        shutil.copytree(PACKAGES, self.folder / "packages")
        if self._owner:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.folder.chmod(0o755)
        for node in self.nodes.values():
            self.start_keeper(node)
        for node in self.nodes.values():
            self.start_agent(node)
        self._start_haproxy()
        self.wait_until_healthy()
        self._make_database()

    def url(self, port: int) -> str:
        """Return the address of the service's database over a port that leads to HAProxy."""
        return f"postgresql://doorcode:{self._password}@127.0.0.1:{port}/doorcode"

    def start_keeper(self, node: Node) -> None:
        """Start the node's etcd, which came before or is new."""
        folder = self.folder / f"etcd-{node.name}"
        settings = dict(each.split("=", 1) for each in _shipped("etcd.env").splitlines() if each.startswith("ETCD"))
        # The line that names all nodes apart, the file is the first one's.
        own = {name: value.replace("10.0.0.11:2379", f"127.0.0.1:{node.etcd}") for name, value in settings.items()}
        own = {name: value.replace("10.0.0.11:2380", f"127.0.0.1:{node.peer}") for name, value in own.items()}
        peers = settings["ETCD_INITIAL_CLUSTER"]
        for number, each in enumerate(self.nodes.values(), 1):
            peers = peers.replace(f"10.0.0.1{number}:2380", f"127.0.0.1:{each.peer}")
        own |= {"ETCD_NAME": node.name, "ETCD_DATA_DIR": str(folder), "ETCD_INITIAL_CLUSTER": peers}
        if (folder / "member").exists():
            own["ETCD_INITIAL_CLUSTER_STATE"] = "existing"
        node.keeper = self._spawn(f"etcd-{node.name}", signal.SIGKILL, ["etcd", "--log-level", "warn"], own)

    def start_agent(self, node: Node) -> None:
        """Start the node's Patroni, which starts its PostgreSQL."""
        config = self.folder / f"{node.name}.yml"
        config.write_text(yaml.safe_dump(self._settings(node)), encoding="utf-8")
        command = [PYTHON, "-m", "patroni", str(config)]
        node.agent = self._spawn(f"patroni-{node.name}", signal.SIGTERM, command)

    def stop(self) -> None:
        """Stop everything, whatever state it is in."""
        agents = [node.agent for node in self.nodes.values() if node.agent and node.agent.poll() is None]
        for agent in agents:
            agent.send_signal(signal.SIGCONT)
            agent.terminate()
        end = time.monotonic() + STOPPED_WITHIN_SECONDS
        for agent in agents:
            with suppress(subprocess.TimeoutExpired):
                agent.wait(max(0.1, end - time.monotonic()))
        for node in self.nodes.values():
            for pid in self.server_of(node):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for each in self._started:
            each.kill()
            each.wait()

    def members(self) -> dict[str, Mapping[str, Any]]:
        """Return what the first node that answers says of all."""
        for node in self.nodes.values():
            with suppress(OSError, ValueError):
                return {each["name"]: each for each in self.ask(node, "cluster")["members"]}
        return {}

    def ask(self, node: Node, path: str, body: Mapping[str, str] | None = None, seconds: float = 2) -> Any:
        """Ask a node's Patroni, or have it do something; what is no JSON is returned as text."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{node.rest}/{path}", data=data, timeout=seconds) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith("{") else text

    def primary(self) -> Node:
        """Return the node that leads."""
        return next(self.nodes[name] for name, each in self.members().items() if each["role"] == "leader")

    def standby(self) -> Node:
        """Return a node whose word commits may wait for."""
        return next(self.nodes[name] for name, each in self.members().items() if each["role"].endswith("_standby"))

    def is_healthy(self) -> bool:
        """Tell whether one leads and two follow it."""
        states = sorted((each["role"], each["state"]) for each in self.members().values())
        return states == [("leader", "running"), *[("quorum_standby", "streaming")] * 2]

    def wait_until_healthy(self) -> None:
        """Wait until all is as it should be. Raises NotHealthy."""
        end = time.monotonic() + HEALTHY_WITHIN_SECONDS
        while not self.is_healthy():
            if time.monotonic() > end:
                raise NotHealthy(f"{self.members()}; see the logs in {self.folder}")
            time.sleep(0.5)

    def heal(self) -> None:
        """Start again what is away."""
        for node in self.nodes.values():
            if node.keeper is None or node.keeper.poll() is not None:
                self.start_keeper(node)
        for node in self.nodes.values():
            if node.agent is None or node.agent.poll() is not None:
                self.start_agent(node)
        self.wait_until_healthy()

    def server_of(self, node: Node) -> list[int]:
        """Return the processes of a node's PostgreSQL, the first one first."""
        with suppress(FileNotFoundError, ValueError, IndexError):
            first = int((self.folder / node.name / "postmaster.pid").read_text().split()[0])
            return [first, *children(first)]
        return []

    def _settings(self, node: Node) -> dict[str, Any]:
        """Return the shipped settings of a node, with its own ports, folders and passwords."""
        document = yaml.safe_load(_shipped("patroni.yml"))
        rest, database = f"127.0.0.1:{node.rest}", f"127.0.0.1:{node.port}"
        document["name"] = node.name
        document["restapi"] = {"listen": rest, "connect_address": rest}
        document["etcd3"]["hosts"] = [f"127.0.0.1:{each.etcd}" for each in self.nodes.values()]
        document["bootstrap"]["dcs"]["postgresql"]["parameters"]["shared_buffers"] = "64MB"
        server = document["postgresql"]
        for who in server["authentication"].values():
            who["password"] = self._password
        server |= {
            "listen": database,
            "connect_address": database,
            "data_dir": str(self.folder / node.name),
            "bin_dir": _programs(),
            "pgpass": str(self.folder / f"pgpass-{node.name}"),
            "parameters": {"unix_socket_directories": ""},
            "pg_hba": [each.replace("10.0.0.0/24", "127.0.0.1/32") for each in server["pg_hba"]],
        }
        # Nothing here can reset a machine.
        document["watchdog"]["mode"] = "off"
        return dict(document)

    def _start_haproxy(self) -> None:
        text = _shipped("haproxy.cfg").replace("127.0.0.1:5000", f"127.0.0.1:{self.port}")
        for node in self.nodes.values():
            line = f"server {node.name} 127.0.0.1:{node.port} check port {node.rest}"
            text = re.sub(rf"server {node.name} .*", line, text)
        config = self.folder / "haproxy.cfg"
        config.write_text(text, encoding="utf-8")
        self._spawn("haproxy", signal.SIGKILL, ["haproxy", "-db", "-f", str(config)])

    def _make_database(self) -> None:
        address = f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE doorcode LOGIN PASSWORD '{self._password}'")
            connection.execute("CREATE DATABASE doorcode OWNER doorcode")

    def _spawn(
        self, name: str, at_end: signal.Signals, command: list[str], settings: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program that is told to end when this one does, however that ends."""
        bound = ["setpriv", f"--pdeathsig={at_end.name.removeprefix('SIG')}", *self._owner, "--"]
        environment = {"PATH": PATH, "HOME": str(self.folder), "PYTHONPATH": str(self.folder / "packages")}
        environment |= settings or {}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*bound, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env=environment
            )
        self._started.append(process)
        return process


def _shipped(name: str) -> str:
    return (HOME / "deploy" / "database" / name).read_text(encoding="utf-8")


def _programs() -> str:
    """Return where Debian keeps PostgreSQL's own programs."""
    return max(map(str, Path("/usr/lib/postgresql").glob("*/bin")))


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a cluster with data of its own, and take it away with them."""
    folder = Path(tempfile.mkdtemp(prefix="doorcode-failover-"))
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
