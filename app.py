"""Doorcode's composition root and command line: puts the parts together, and decides nothing itself."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from codes import DeliveryCodes
    from web.configuration import Settings

HOME = Path(__file__).resolve().parent
STOP_SECONDS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Expected failures are one line on standard error and exit status 2."""
    from web.command_line import parser

    # A process that the service starts takes the settings of the one that started it.
    default = Path(os.environ.get("DOORCODE_CONFIG", HOME / "config.yaml"))
    options = parser(COMMANDS, default).parse_args(arguments)
    os.environ["DOORCODE_CONFIG"] = str(options.config.resolve())
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except BrokenPipeError:
        return 0
    except Exception as error:
        from web.failures import EXPECTED, told

        if not isinstance(error, EXPECTED):
            raise
        print(f"doorcode: {told(error)}", file=sys.stderr)
        return 2


def service() -> Flask:
    """Return the WSGI application for a web process; called by the server in each of its workers."""
    from functools import cache

    from scanner.untrusted import ChildLimits, PictureReader
    from web.parts import Parts
    from web.service import create_service
    from web.serving import die_with_parent

    die_with_parent()
    settings = _settings(Path(os.environ["DOORCODE_CONFIG"]))
    scanner = settings.scanner
    limits = ChildLimits(
        budget_ms=scanner.budget_ms,
        memory_bytes=scanner.memory_mb << 20,
        max_bytes=scanner.max_upload_bytes,
        max_pixels=scanner.max_pixels,
    )
    pictures = cache(lambda: PictureReader(children=scanner.children, limits=limits))
    codes = open_codes(settings)
    demo = os.environ.get("DOORCODE_DEMO") == "1"
    return create_service(Parts(codes, settings.server, settings.mail, scanner, pictures, _pages(settings), demo))


def open_codes(settings: Settings) -> DeliveryCodes:
    """Open the store, bring its schema up to date, and fetch the key ring that belongs to it."""
    from codes import Database, DeliveryCodes, open_key_ring
    from codes.proofs import open_sealing_key

    database = Database(settings.store_url())
    database.claim()
    database.migrate()
    ring = open_key_ring(_key_file(settings), database, now)
    sealing_key = open_sealing_key(settings.secrets_folder / "sealing-key.pem", database)
    return DeliveryCodes(database, ring, sealing_key, settings.codes, settings.policy.rules, now, settings.retention)


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def run(options: argparse.Namespace) -> int:
    """Start the service with its mail worker, and say where it is."""
    from web import starting
    from web.serving import Listener, supervise

    settings = _settings(options.config)
    server = settings.server
    http = Listener(options.host or server.host, server.http_port if options.port is None else options.port)
    https = starting.secure_listener(settings, now(), options.https_port)
    for listener in (http, https):
        if listener:
            listener.check()
    codes = open_codes(settings)
    password = starting.first_administrator(codes, settings.secrets_folder)
    invitation = starting.prepare_demo(codes) if options.demo else None
    codes.close()
    os.environ["DOORCODE_DEMO"] = "1" if options.demo else "0"
    os.environ["DOORCODE_PAGES"] = starting.pages_url(settings, http, https)
    parts = starting.parts_of(settings, http, https)
    return supervise(parts, lambda: starting.announce(http, https, password, invitation))


def web(options: argparse.Namespace) -> int:
    """Serve HTTP at one address; for setups that start web processes and mail workers each by themselves."""
    from web.serving import Listener, die_with_parent, is_supervised, listen
    from web.tls import CertificatePaths

    if is_supervised():
        die_with_parent()
    settings = _settings(options.config)
    open_codes(settings).close()
    certificate = CertificatePaths(options.certificate, options.key) if options.certificate else None
    listener = Listener(options.host or settings.server.host, options.port, certificate)
    listen(listener, workers=settings.server.workers, threads=settings.server.threads)
    return 0


def worker(options: argparse.Namespace) -> int:
    """Send mails, seal and publish what happened, and purge what is over, until told to stop."""
    from web.housekeeping import Housekeeping
    from web.mail.delivery import SmtpSender
    from web.mail.worker import MailWorker
    from web.publishing import targets_of
    from web.serving import die_with_parent, is_supervised

    if is_supervised():
        die_with_parent()
    settings = _settings(options.config)
    smtp, stop = settings.mail.smtp, threading.Event()
    password = smtp.password(os.environ) if smtp else None
    sender = SmtpSender(smtp, password=password, own_name=settings.mail.domain) if smtp else None
    codes = open_codes(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    mailing = None
    if sender:
        mails = MailWorker(codes.outbox, codes.notice, sender, settings.mail, _pages(settings), now)
        mailing = threading.Thread(target=mails.run, args=(stop,), name="mails", daemon=True)
        mailing.start()
    targets = targets_of(settings.sealing, settings.mail, sender)
    Housekeeping(codes, targets, timedelta(seconds=settings.sealing.interval_seconds)).run(stop)
    if mailing:
        mailing.join(STOP_SECONDS)
    codes.close()
    return 0


def issue(options: argparse.Namespace) -> int:
    """Announce one parcel from the command line."""
    from web.importing import COLUMNS, parcel_from_cells

    cells = {name: str(value) for name in COLUMNS if (value := getattr(options, name)) is not None}
    return _announce(options, lambda: [parcel_from_cells(cells)])


def import_file(options: argparse.Namespace) -> int:
    """Announce the parcels of a CSV file."""
    from web.importing import read_parcels

    return _announce(options, lambda: read_parcels(options.file))


def enrol(options: argparse.Namespace) -> int:
    """Print a one-time enrolment link for a device, as text and as a QR symbol."""
    from codes.model import DeviceKind
    from web.addresses import terminal_qr

    settings = _settings(options.config)
    codes = open_codes(settings)
    secret = codes.devices.invite(options.name, DeviceKind(options.kind))
    link = f"{(options.url or _pages(settings)).rstrip('/')}/enrol#{secret}"
    print(terminal_qr(link), link, f"Valid once, for {settings.codes.enrolment_minutes} minutes.", sep="\n")
    codes.close()
    return 0


def add_key(options: argparse.Namespace) -> int:
    """Print a new API key for a sender; it is shown this once."""
    codes = open_codes(_settings(options.config))
    print(codes.api_keys.add(options.name, test=options.test))
    codes.close()
    return 0


def scan(options: argparse.Namespace) -> int:
    """Read the symbols in pictures, within the limits of the settings."""
    from scanner.command import scan as scan_files
    from scanner.pictures import PictureLimits

    section = _settings(options.config).scanner
    return scan_files(
        options.files,
        json=options.json,
        stdout=sys.stdout,
        stderr=sys.stderr,
        wanted=options.wanted or section.wanted,
        budget_ms=section.budget_ms,
        limits=PictureLimits(section.max_upload_bytes, section.max_pixels),
    )


def kiosk(options: argparse.Namespace) -> int:
    """Read codes before a camera, ask the service, and show the answer on a page of its own.

    The camera is a number, a device, a stream's address, a video file or a folder of pictures.
    """
    from scanner.kiosk import KioskSettings
    from scanner.kiosk import run as run_kiosk

    settings = _settings(options.config)
    return run_kiosk(
        KioskSettings(
            camera=options.camera,
            service=options.service or f"http://localhost:{settings.server.http_port}",
            state_folder=options.state or settings.data_folder / "kiosk",
            assets=HOME / "web" / "static",
            section=settings.scanner.kiosk,
            enrolment=options.enrol,
            port=options.port,
            repeat=options.repeat,
            trust=options.trust,
        )
    )


def policy(options: argparse.Namespace) -> int:
    """Show what the policy decides, without announcing anything.

    With --explain for one parcel in JSON as the API takes it, with --csv for a file, with counts.
    """
    from web.explaining import explain_file, explain_parcel

    rules = _settings(options.config).policy.rules
    lines = explain_parcel(options.explain, rules) if options.explain else explain_file(options.csv, rules)
    print("\n".join(lines))
    return 0


def keys(options: argparse.Namespace) -> int:
    """Show the key ring's state, or rotate it: new codes use a new key, codes already sent go on working."""
    codes = open_codes(_settings(options.config))
    if options.action == "rotate":
        codes.ring.replace(codes.ring().rotated(now()))
    ring = codes.ring()
    print(f"{codes.ring.path}: ring {ring.ring_id}, epoch {ring.epoch}")
    for key_id in ring.keys:
        print(f"  {key_id}{'   current' if key_id == ring.current else ''}")
    if options.action == "rotate":
        print("Copy the key file to where its backup lies, now.")
    codes.close()
    return 0


def backup(options: argparse.Namespace) -> int:
    """Copy the embedded database into a new folder while the service runs. The key ring is not in it."""
    from codes.backups import back_up

    codes = open_codes(_settings(options.config))
    back_up(codes.database, codes.ring, options.folder, now())
    print(f"{options.folder}: complete. The key ring {codes.ring.path} is not in it; keep a copy of it elsewhere.")
    codes.close()
    return 0


def restore(options: argparse.Namespace) -> int:
    """Put a backup back, kill every code issued before, and send new ones for the parcels still open."""
    from codes import Database
    from codes.backups import put_back, renew_killed_codes
    from codes.keyring import KeyRingFile, read_key_ring

    settings = _settings(options.config)
    path = _key_file(settings)
    ring = KeyRingFile(path, read_key_ring(path))
    if options.external:
        ring.replace(ring().with_epoch_raised())
    else:
        put_back(Database(settings.store_url()), ring, options.folder)
    codes = open_codes(settings)
    renewed = renew_killed_codes(codes.renew_stale, lambda so_far: print(f"{so_far} codes renewed", flush=True))
    print(f"Restored. Epoch {codes.ring().epoch}; {renewed} new codes are on their way to their holders.")
    codes.close()
    return 0


def proof(options: argparse.Namespace) -> int:
    """Write a parcel's proof of delivery: one file that anybody can check with the public key alone."""
    from web.proving import write_proof

    settings = _settings(options.config)
    codes = open_codes(settings)
    write_proof(codes.proofs.of(options.reference), options.out, options.pdf, f"{_pages(settings)}/proofs/check")
    codes.close()
    return 0


def verify_proof(options: argparse.Namespace) -> int:
    """Check a proof file offline with the public key, and name the first thing that is wrong."""
    from web.proving import check_file

    return check_file(options.file, options.key)


def proof_key(options: argparse.Namespace) -> int:
    """Print the public key that proofs are checked with."""
    from codes.proofs import public_key_pem

    codes = open_codes(_settings(options.config))
    print(public_key_pem(codes.log.key).decode(), end="")
    codes.close()
    return 0


def audit(options: argparse.Namespace) -> int:
    """Check every chain, table and checkpoint, and say where something is not as it was written."""
    from web.proving import audit_store

    codes = open_codes(_settings(options.config))
    status = audit_store(codes, options.against)
    codes.close()
    return status


def seal(options: argparse.Namespace) -> int:
    """Seal what has happened until now, and say under which checkpoint."""
    codes = open_codes(_settings(options.config))
    codes.log.seal()
    newest = codes.log.newest()
    print(f"checkpoint {newest.number}, {newest.size} leaves" if newest else "nothing has happened yet")
    codes.close()
    return 0


def erase(options: argparse.Namespace) -> int:
    """Erase the persons of a parcel, or with a mail address, for good; proofs still verify."""
    codes = open_codes(_settings(options.config))
    erasing = codes.erasing
    erased = erasing.erase_parcel(options.reference) if options.reference else erasing.erase_address(options.email)
    print(f"{erased.persons} persons erased. Backups made before still hold them.")
    codes.close()
    return 0


def purge(options: argparse.Namespace) -> int:
    """Erase now what has been kept for as long as config.yaml says; the worker does that every day."""
    codes = open_codes(_settings(options.config))
    erased = codes.erasing.purge()
    print(f"{erased.persons} persons, {erased.messages} messages, {erased.sessions} sign-ins")
    codes.close()
    return 0


def _announce(options: argparse.Namespace, parcels: Callable[[], list]) -> int:  # type: ignore[type-arg]
    from codes.issuing import Announced
    from web.importing import told

    settings = _settings(options.config)
    announcements = parcels()
    codes = open_codes(settings)
    results = codes.announce(announcements)
    codes.close()
    for each in results:
        print(told(each))
    return 1 if any(each.result is Announced.CONFLICT for each in results) else 0


def _key_file(settings: Settings) -> Path:
    return settings.secrets_folder / "keyring.json"


def _pages(settings: Settings) -> str:
    """Return the address under which recipients reach the pages."""
    fallback = f"http://localhost:{settings.server.http_port}"
    return settings.server.public_url or os.environ.get("DOORCODE_PAGES") or fallback


def _settings(path: Path) -> Settings:
    from web.configuration import load_settings

    return load_settings(path)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "web": web,
    "worker": worker,
    "issue": issue,
    "import": import_file,
    "enrol": enrol,
    "key": add_key,
    "scan": scan,
    "kiosk": kiosk,
    "policy": policy,
    "keys": keys,
    "backup": backup,
    "restore": restore,
    "proof": proof,
    "verify-proof": verify_proof,
    "proof-key": proof_key,
    "audit": audit,
    "seal": seal,
    "erase": erase,
    "purge": purge,
}

if __name__ == "__main__":
    sys.exit(main())
