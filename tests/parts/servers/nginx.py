"""A real nginx with the configuration that is shipped, on free ports, before processes of the service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.parts.running_service import HOME, free_port
from tests.parts.servers.opening import wait_until_open
from web.processes.tls import CertificatePaths

MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log off;
    include {folder}/doorcode.conf;
}}
"""


@contextmanager
def running_nginx(folder: Path, ports: Sequence[int], certificate: CertificatePaths) -> Iterator[str]:
    """Run until the block ends; gives the address."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise RuntimeError("nginx is not here: `make test` installs it")
    port = free_port()
    shipped = (HOME / "deploy" / "nginx" / "doorcode.conf").read_text(encoding="utf-8")
    shipped = re.sub(
        r"(?:^ *server 127\.0\.0\.1:808\d (.*)\n)+",
        lambda found: "".join(f"    server 127.0.0.1:{own} {found[1]}\n" for own in ports),
        shipped,
        flags=re.MULTILINE,
    )
    shipped = re.sub(r"listen 80;", f"listen 127.0.0.1:{free_port()};", shipped)
    shipped = re.sub(r"listen 443 ", f"listen 127.0.0.1:{port} ", shipped)
    shipped = shipped.replace("/etc/ssl/doorcode/certificate.pem", str(certificate.certificate))
    shipped = shipped.replace("/etc/ssl/doorcode/key.pem", str(certificate.key))
    (folder / "doorcode.conf").write_text(shipped, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")
    # It ends with this process, however that ends.
    bound = ["setpriv", "--pdeathsig=TERM", "--", program]
    process = subprocess.Popen([*bound, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        assert wait_until_open("127.0.0.1", port), (folder / "error.log").read_text(encoding="utf-8")
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(30)
