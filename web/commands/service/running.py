"""The service: all of it, or one web process; and whether everything it needs is there."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from web.commands.opening import carry_out, now, opened, port, port_or_none, settings_in
from web.commands.service.working import worker

if TYPE_CHECKING:
    from web.processes.serving import Listener, ServicePart


def run_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--demo", action="store_true", help="with sample parcels and an enrolment link for a phone")
    each.add_argument("--host", help="address for plain HTTP")
    each.add_argument("--port", type=port, help="port for plain HTTP")
    each.add_argument("--https-port", type=port_or_none, help="port for HTTPS on the local network; 0 for none")


def run(options: argparse.Namespace) -> int:
    """Start the service with its mail worker, and say where it is."""
    from web.commands.service import starting
    from web.mail.examining import examine
    from web.processes.serving import Listener, supervise

    settings = settings_in(options.config)
    examine(settings.mail)
    settings.mail.read_secrets(os.environ)
    server = settings.server
    http = Listener(options.host or server.host, server.http_port if options.port is None else options.port)
    https = starting.secure_listener(settings, now(), options.https_port)
    for listener in (http, https):
        if listener:
            listener.check()
    with opened(settings) as codes:
        password = starting.first_administrator(codes, settings.secrets_folder)
        invitation = starting.prepare_demo(codes) if options.demo else None
    os.environ["DOORCODE_DEMO"] = "1" if options.demo else "0"
    os.environ["DOORCODE_PAGES"] = starting.pages_url(settings, http, https)
    parts = _parts(options.config, http, https)
    return supervise(parts, http, lambda: starting.announce(http, https, password, invitation, settings.house))


def _parts(config: Path, http: Listener, https: Listener | None) -> list[ServicePart]:
    """Return the processes of the service: each is a command of its own, which others may start by itself."""
    from web.processes.serving import ServicePart

    def part(name: str, command: Callable[[argparse.Namespace], int], **options: object) -> ServicePart:
        return ServicePart(name, partial(carry_out, command, argparse.Namespace(config=config, **options)))

    parts = [part("the web service", web, host=http.host, port=http.port, certificate=None, key=None)]
    if https and (paths := https.certificate):
        at = {"host": https.host, "port": https.port, "certificate": paths.certificate, "key": paths.key}
        parts.append(part("the web service for phones", web, **at))
    return [*parts, part("the worker", worker)]


def web_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--host", help="address to listen on")
    each.add_argument("--port", type=port, required=True, help="port to listen on")
    each.add_argument("--certificate", type=Path, help="certificate as PEM, for HTTPS")
    each.add_argument("--key", type=Path, help="its private key as PEM (PKCS#8)")


def web(options: argparse.Namespace) -> int:
    """Serve HTTP at one address; for setups that start web processes and mail workers each by themselves."""
    from web.commands.service.starting import first_administrator
    from web.processes.serving import Listener, die_with_parent, listen
    from web.processes.tls import BadCertificate, CertificatePaths

    die_with_parent()
    settings = settings_in(options.config)
    if (options.certificate is None) != (options.key is None):
        raise BadCertificate("HTTPS needs both: --certificate with the file of its key, --key")
    certificate = CertificatePaths(options.certificate, options.key) if options.certificate else None
    listener = Listener(options.host or settings.server.host, options.port, certificate)
    listener.check()
    with opened(settings) as codes:
        first_administrator(codes, settings.secrets_folder)
    listen(listener, workers=settings.server.workers)
    return 0


def check_arguments(each: argparse.ArgumentParser) -> None:
    each.add_argument("--send", metavar="ADDRESS", help="send one real mail there")


def check(options: argparse.Namespace) -> int:
    """Look at the whole road of a code: database, keys, mail, certificates, decoders; and say what mends it.

    Exit status 0 if nothing is missing, 1 otherwise. With --send one real mail goes out.
    """
    import ssl

    from web.commands.checks.everything import House, check_all, is_ready, told
    from web.processes.local_addresses import lan_address

    settings = settings_in(options.config)
    house = House(options.config, settings, os.environ, now(), lan_address(), ssl.create_default_context())
    everything = []
    for each in check_all(house, options.send):
        print(told(each), flush=True)
        everything.append(each)
    return 0 if is_ready(everything) else 1
