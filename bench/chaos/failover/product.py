"""The whole product on two machines: on each two web processes and a worker, and before them nginx as shipped."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from codes import DeliveryCodes
from tests.parts.running_service import HOME, free_port, service_environment, settings_for
from tests.parts.servers.nginx import running_nginx
from tests.parts.servers.opening import wait_until_open
from tests.parts.servers.smtp_server import SmtpServer
from web.commands.opening import opened
from web.configuration import load_settings
from web.processes.serving import PARENT
from web.processes.tls import ensure_certificate

WEB_PROCESSES = 2
OPEN_WITHIN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Product:
    """Where it is reached, what it wrote down, and a door of our own to its store."""

    url: str
    trust: ssl.SSLContext
    codes: DeliveryCodes
    folder: Path
    config: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the first machine."""
        command = [sys.executable, str(HOME / "app.py"), "--config", str(self.config), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=service_environment())

    def told_of_tickets(self) -> list[str]:
        """Return the files in which a ticket's address stands, which is a secret."""
        logs = [path for path in self.folder.rglob("*.log") if path.is_file()]
        return [str(path) for path in logs if re.search(rb"/t/[\w-]{8}", path.read_bytes())]


@contextmanager
def running_product(folder: Path, own_url: str, urls: Sequence[str], smtp: SmtpServer) -> Iterator[Product]:
    """Start it, each machine with its own address of the database; `own_url` is the one of our own door."""
    configs = [_machine(folder / f"machine-{number}", url, smtp) for number, url in enumerate(urls, 1)]
    with ExitStack() as stack:
        settings = load_settings(configs[0]).model_copy(update={"database_url": own_url})
        codes = stack.enter_context(opened(settings))
        for config in configs[1:]:
            shutil.copytree(settings.secrets_folder, config.parent / "var" / "secrets")
        ports = []
        for config in configs:
            for _ in range(WEB_PROCESSES):
                ports.append(free_port())
                stack.enter_context(_process(config, "web", "--port", str(ports[-1])))
            stack.enter_context(_process(config, "worker"))
        assert all(wait_until_open("127.0.0.1", port, OPEN_WITHIN_SECONDS) for port in ports)
        certificate = ensure_certificate(folder / "tls", ["localhost"], datetime.now(UTC))
        url = stack.enter_context(running_nginx(folder, ports, certificate))
        trust = ssl.create_default_context(cafile=str(certificate.certificate))
        yield Product(url, trust, codes, folder, configs[0])


def _machine(folder: Path, url: str, smtp: SmtpServer) -> Path:
    """Write a machine's settings, and return where they lie."""
    folder.mkdir()
    settings = settings_for(
        folder,
        policy={"rules": [{"code_required": True, "reason": "always"}]},
        mail={"smtp": {"host": smtp.host, "port": smtp.port, "security": "none"}},
        server={"trusted_proxies": 1},
        database_url=url,
    )
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return config


@contextmanager
def _process(config: Path, *arguments: str) -> Iterator[None]:
    """Run a process of the service, which dies with this one."""
    command = [sys.executable, str(HOME / "app.py"), "--config", str(config), *arguments]
    environment = service_environment() | {PARENT: str(os.getpid())}
    with (config.parent / "service.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        yield
    finally:
        process.kill()
        process.wait()
