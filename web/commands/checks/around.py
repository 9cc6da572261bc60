"""What stands around: decoders, certificates, the address of the pages, and the place for checkpoints."""

from __future__ import annotations

import io
import os
import socket
import ssl
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
from cryptography import x509
from PIL import Image
from pydantic import BaseModel

from codes.values.payload import format_payload
from codes.values.symbols import code128_png, qr_png
from scanner.decoding.decoders import zbar, zbar_library, zxing
from scanner.decoding.symbols import Symbology
from scanner.pictures.reader import ChildLimits, PictureError, PictureReader
from scanner.settings import ScannerSettings
from web.commands.checks.finding import Checked, missing, ok, warn
from web.commands.environment import environment_file, unknown_variables
from web.devices.vendor import INSTALLED, SERVED
from web.office.house.oidc import Begun, NotSignedInThere, way_there
from web.settings import SealingSettings, ServerSettings, SigningInSettings

SAMPLE = format_payload((1 << 96) - 7)
DAYS_LEFT = 21
ANSWER_SECONDS = 5.0
CLOCK_BORNE = timedelta(seconds=5)


def check_environment(config: Path, settings: BaseModel, environment: Iterable[str]) -> Iterator[Checked]:
    """Name the files that every command reads, as the service does, and see who else can read secrets in them."""
    file = environment_file(config)
    yield ok("settings", f"{config.resolve()}; {file} {'beside it' if file.exists() else 'is not there'}")
    for fault in unknown_variables(environment):
        words, _, mend = fault.partition("; ")
        yield warn("environment", words, mend)
    for path in (file, *_secret_files(settings)):
        if path.is_file() and path.stat().st_mode & stat.S_IRWXO:
            yield warn("secrets", f"others on this machine can read {path}", f"chmod o-rwx {path}")


def _secret_files(section: BaseModel) -> Iterator[Path]:
    """Find the files that the settings name and that hold a secret."""
    for name, value in section:
        if isinstance(value, BaseModel):
            yield from _secret_files(value)
        elif isinstance(value, Path) and name.endswith(("password_file", "secret_file", "account_file")):
            yield value


def check_decoders(settings: ScannerSettings) -> Iterator[Checked]:
    """Let each decoder read symbols of our own, at last through the child processes that read uploads."""
    drawn = {Symbology.QR_CODE: qr_png(SAMPLE), Symbology.CODE_128: code128_png(SAMPLE)}
    names = ["zxing-cpp", "zbar"] if zbar_library() else ["zxing-cpp"]
    for name in names:
        decoder = zxing if name == "zxing-cpp" else zbar
        for kind, png in drawn.items():
            pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
            if [each.text for each in decoder(pixels, frozenset({kind}))] != [SAMPLE]:
                yield missing("decoders", f"{name} does not read a {kind} of ours", "./setup.sh run")
    if "zbar" not in names:
        yield warn("decoders", "zbar is missing: fewer symbols are read", "sudo apt-get install libzbar0")
    limits = ChildLimits(budget_ms=settings.budget_ms, memory_bytes=settings.memory_mb << 20)
    try:
        with PictureReader(children=1, limits=limits) as reader:
            found = [each.text for each in reader.read(drawn[Symbology.QR_CODE]).symbols]
    except (PictureError, OSError) as error:
        found = [type(error).__name__]
    if found == [SAMPLE]:
        yield ok("decoders", f"{' and '.join(names)} read what they should, uploads too")
    else:
        yield missing("decoders", f"uploads are not read: {found}", "raise scanner.memory_mb or scanner.budget_ms")
    if not all((INSTALLED / name).is_file() for name in SERVED):
        words = "the browser's is missing: phones without one of their own send pictures"
        yield warn("decoders", words, "npm ci --ignore-scripts   (beside app.py; of a package see docs/operations.md)")


def check_certificates(
    settings: ServerSettings, tls: Path, own_address: str | None, now: datetime, trust: ssl.SSLContext
) -> Iterator[Checked]:
    """Look at our own certificate, and at the one of the address that recipients get."""
    if settings.https_port:
        yield _own_certificate(tls / "certificate.pem", own_address, now)
    url = settings.public_url
    if url is None:
        words = "links in mails lead into the local network only"
        yield warn("public address", words, "set server.public_url to where recipients reach the pages")
    elif urlsplit(url).scheme != "https":
        yield missing("public address", f"{url} can be read on the way", "set server.public_url to an https address")
    else:
        yield from _public(url, now, trust)


def check_signing_in(settings: SigningInSettings) -> Iterator[Checked]:
    """Ask the identity provider what it says of itself."""
    what, oidc = "identity provider", settings.oidc
    if oidc is None:
        return
    try:
        way_there(oidc, Begun.new(), "")
    except NotSignedInThere as error:
        yield missing(what, f"{oidc.issuer}: {error}", "start it, or set signing_in.oidc.issuer as it writes it itself")
    else:
        yield ok(what, f"{oidc.issuer} answers")


def check_outsiders(settings: SealingSettings) -> Iterator[Checked]:
    """See whether those who get checkpoints, co-sign or stamp them can be reached; none of them holds anything up."""
    stamps = [settings.time_stamp_url] if settings.time_stamp_url else []
    for url in (*settings.post_to, *(each.url for each in settings.witnesses), *stamps):
        parts = urlsplit(url)
        where = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        try:
            socket.create_connection(where, ANSWER_SECONDS).close()
        except OSError as error:
            words = f"{where[0]}:{where[1]} cannot be reached ({type(error).__name__})"
            yield warn("checkpoints", words, f"mend {url} under sealing, or wait until its operator is back")


def check_checkpoints(settings: SealingSettings) -> Checked:
    """See whether outsiders get checkpoints, and whether the folder for them can be written."""
    what, folder = "checkpoints", settings.folder
    if folder is not None:
        standing = next(each for each in (folder, *folder.parents) if each.exists())
        if not standing.is_dir() or not os.access(standing, os.W_OK | os.X_OK):
            return missing(what, f"{folder} cannot be written", f"mkdir -p {folder} as the service's user")
        return ok(what, f"are written to {folder}")
    if settings.mail_to or settings.post_to or settings.witnesses:
        return ok(what, "go to outsiders")
    words = "stay in the house: whoever holds the database and the key could write history anew"
    return warn(what, words, "set sealing.folder, sealing.mail_to, sealing.post_to or sealing.witnesses")


def _own_certificate(path: Path, own_address: str | None, now: datetime) -> Checked:
    what = "certificate"
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except FileNotFoundError:
        return warn(what, f"{path} is not there yet", ".venv/bin/python app.py run   (makes it)")
    except (OSError, ValueError, x509.ExtensionNotFound):
        return missing(what, f"{path} cannot be read", f"rm {path}   (app.py run makes a new one)")
    days = (certificate.not_valid_after_utc - now).days
    hosts = {str(name.value) for name in names}
    if days < 0 or certificate.not_valid_before_utc > now:
        return missing(what, f"{path} is not valid today", "restart app.py run, which renews it")
    if own_address is not None and own_address not in hosts:
        words = f"is for {', '.join(sorted(hosts))}, not for {own_address}"
        return warn(what, words, "restart app.py run, which makes one for this address")
    return ok(what, f"{days} days left, for {', '.join(sorted(hosts))}")


def _public(url: str, now: datetime, trust: ssl.SSLContext) -> Iterator[Checked]:
    what, parts = "public address", urlsplit(url)
    where = (parts.hostname or "", parts.port or 443)
    try:
        with (
            socket.create_connection(where, ANSWER_SECONDS) as plain,
            trust.wrap_socket(plain, server_hostname=where[0]) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        yield missing(
            what, f"{url}: phones refuse its certificate ({error.verify_message})", "renew the proxy's certificate"
        )
        return
    except OSError as error:
        words = f"{url} does not answer from here ({type(error).__name__})"
        yield warn(what, words, "start the reverse proxy, or mend server.public_url")
        return
    days = int(ssl.cert_time_to_seconds(str(certificate["notAfter"])) - now.timestamp()) // 86400
    if days < DAYS_LEFT:
        yield warn(what, f"{url}: its certificate ends in {days} days", "renew the proxy's certificate")
    else:
        yield ok(what, f"{url}: {days} days left")
    yield from _served(url, now, trust)


def _served(url: str, now: datetime, trust: ssl.SSLContext) -> Iterator[Checked]:
    """See whether Doorcode answers there, and whether that machine's clock is ours."""
    try:
        answer = httpx.get(f"{url}/proofs/check", timeout=ANSWER_SECONDS, verify=trust)
    except httpx.HTTPError as error:
        yield missing("public address", f"{url} hangs up ({type(error).__name__})", "look into the proxy's log")
        return
    if answer.status_code != 200:
        words = f"{url} answers {answer.status_code} where Doorcode's pages should be"
        yield missing("public address", words, "let the proxy lead to server.http_port")
    with suppress(ValueError, TypeError):
        apart = parsedate_to_datetime(answer.headers.get("date", "")) - now
        if abs(apart) > CLOCK_BORNE:
            words = f"{abs(apart).total_seconds():.0f} s away from that of {url}"
            yield warn("clock", words, "sudo timedatectl set-ntp true   (on both machines)")
