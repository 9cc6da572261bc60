"""The operator's certificate for Apple's passes: checked when it is given, kept with its key among the secrets.

One file holds key, certificate and Apple's intermediate, so that the three are replaced together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from codes.keys.private_files import replace_private_file

FILE = "wallet-pass.pem"
PASS_TYPE = "pass."
PEM = b"-----BEGIN "

Key = RSAPrivateKey | EllipticCurvePrivateKey
Found = TypeVar("Found")


class BadPassCertificate(Exception):
    """A certificate, key or intermediate cannot sign passes; the message says which, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class PassCertificate:
    """What signs passes. Phones take a pass whose identifiers are those of the certificate's subject."""

    key: Key
    certificate: x509.Certificate
    intermediate: x509.Certificate

    def __repr__(self) -> str:
        return f"PassCertificate({self.pass_type_id}, {self.team_id})"

    @property
    def pass_type_id(self) -> str:
        """Return the identifier of this kind of pass, such as ``pass.org.example.parcels``."""
        return _named(self.certificate, NameOID.USER_ID)

    @property
    def team_id(self) -> str:
        """Return the identifier of the developer's team, ten letters and digits."""
        return _named(self.certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)

    @property
    def ends_at(self) -> datetime:
        """Return when the first of the two certificates ends."""
        return min(each.not_valid_after_utc for each in (self.certificate, self.intermediate))

    def is_valid_at(self, now: datetime) -> bool:
        """Tell whether phones take what is signed now."""
        begins_at = max(each.not_valid_before_utc for each in (self.certificate, self.intermediate))
        return begins_at <= now < self.ends_at


def read_pass_certificate(
    certificate: Path, key: Path | None, intermediate: Path, password: bytes | None, now: datetime
) -> PassCertificate:
    """Read and check what the operator has: certificates as PEM or DER, or certificate and key as PKCS #12.

    Raises BadPassCertificate, or OSError for a file that cannot be read.
    """
    if certificate.suffix.lower() in (".p12", ".pfx"):
        own_key, own = _pkcs12(certificate, password)
    elif key is None:
        raise BadPassCertificate("name the key too, with --key; only a .p12 file holds both")
    else:
        own_key, own = _key(key, password), _certificate(certificate)
    found = PassCertificate(own_key, own, _certificate(intermediate))
    _check(found, now)
    return found


def keep_pass_certificate(secrets: Path, found: PassCertificate) -> Path:
    """Put it among the secrets, in place of the one before. A running service takes it from there at once."""
    key = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both = (each.public_bytes(Encoding.PEM) for each in (found.certificate, found.intermediate))
    replace_private_file(secrets / FILE, b"".join((key, *both)))
    return secrets / FILE


def kept_pass_certificate(secrets: Path) -> PassCertificate | None:
    """Return what lies among the secrets; None where nothing does. Raises BadPassCertificate."""
    try:
        known = (secrets / FILE).stat()
    except FileNotFoundError:
        return None
    return _kept(secrets / FILE, known.st_mtime_ns, known.st_ino)


@lru_cache(maxsize=2)
def _kept(path: Path, _changed: int, _inode: int) -> PassCertificate:
    data = path.read_bytes()
    key = _loaded(path, lambda: load_pem_private_key(data, None))
    own, intermediate = _loaded(path, lambda: x509.load_pem_x509_certificates(data))
    return PassCertificate(_signing(path, key), own, intermediate)


def _check(found: PassCertificate, now: datetime) -> None:
    own, intermediate = found.certificate, found.intermediate
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if found.key.public_key().public_bytes(*form) != own.public_key().public_bytes(*form):
        raise BadPassCertificate("the key does not belong to the certificate")
    if not found.pass_type_id.startswith(PASS_TYPE):
        raise BadPassCertificate(
            f"the certificate is for no pass type: its subject's user id is {found.pass_type_id!r}, not pass.…"
        )
    if not found.team_id:
        raise BadPassCertificate("the certificate names no team: its subject has no organizational unit")
    try:
        own.verify_directly_issued_by(intermediate)
    except (ValueError, TypeError, InvalidSignature) as error:
        issuer = own.issuer.rfc4514_string()
        raise BadPassCertificate(f"the intermediate has not issued the certificate, which is by {issuer}") from error
    for name, each in (("certificate", own), ("intermediate", intermediate)):
        if not each.not_valid_before_utc <= now < each.not_valid_after_utc:
            begins, ends = each.not_valid_before_utc, each.not_valid_after_utc
            raise BadPassCertificate(f"the {name} is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, not today")


def _pkcs12(path: Path, password: bytes | None) -> tuple[Key, x509.Certificate]:
    data = path.read_bytes()
    key, certificate, _ = _loaded(path, lambda: pkcs12.load_key_and_certificates(data, password))
    if certificate is None:
        raise BadPassCertificate(f"{path} holds no certificate")
    return _signing(path, key), certificate


def _key(path: Path, password: bytes | None) -> Key:
    data = path.read_bytes()
    load = load_pem_private_key if PEM in data else load_der_private_key
    return _signing(path, _loaded(path, lambda: load(data, password)))


def _certificate(path: Path) -> x509.Certificate:
    data = path.read_bytes()
    load = x509.load_pem_x509_certificate if PEM in data else x509.load_der_x509_certificate
    return _loaded(path, lambda: load(data))


def _loaded(path: Path, load: Callable[[], Found]) -> Found:
    try:
        return load()
    except TypeError as error:
        # cryptography's word for a password that is missing, or is given where none is needed.
        raise BadPassCertificate(f"{path}: {str(error).rstrip('.')}; see --password-file") from error
    except ValueError as error:
        raise BadPassCertificate(f"{path} cannot be read: wrong password, or another kind of file") from error


def _signing(path: Path, key: object) -> Key:
    if not isinstance(key, Key):
        raise BadPassCertificate(f"{path} holds no RSA or EC key")
    return key


def _named(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found: Sequence[x509.NameAttribute[str | bytes]] = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
