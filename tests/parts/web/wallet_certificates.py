"""A house's certificate for passes, as Apple would issue it, by an authority of the test's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from web.wallet.pass_certificate import keep_pass_certificate, read_pass_certificate
from web.wallet.settings import GoogleWalletSettings, WalletSettings
from web.wallet.wallets import Wallets

BEGINS, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
PASS_TYPE, TEAM = "pass.org.example.parcels", "A1B2C3D4E5"
PASSWORD = "correct horse"
ISSUER = "3388000000012345678"
"""As Google numbers who issues passes."""


@cache
def rsa_key(name: str) -> RSAPrivateKey:
    """Return the key of that name, made once."""
    del name
    return generate_private_key(65537, 2048)


def subject(common_name: str, *, pass_type: str = "", team: str = "") -> x509.Name:
    """Return a subject as Apple writes it."""
    parts = {NameOID.USER_ID: pass_type, NameOID.COMMON_NAME: common_name, NameOID.ORGANIZATIONAL_UNIT_NAME: team}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items() if value])


def certificate(
    name: x509.Name,
    key: RSAPrivateKey,
    issuer: x509.Name,
    issuer_key: RSAPrivateKey,
    *,
    ends: datetime = ENDS,
    authority: bool = False,
) -> x509.Certificate:
    """Issue a certificate."""
    building = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    building = building.serial_number(x509.random_serial_number()).not_valid_before(BEGINS).not_valid_after(ends)
    building = building.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    return building.sign(issuer_key, SHA256())


@dataclass(frozen=True, slots=True)
class Issued:
    """The files that an operator has of Apple, and the root to check signatures against."""

    certificate: Path
    key: Path
    intermediate: Path
    bundle: Path
    root: Path
    password: Path


def issue_pass_certificate(
    folder: Path, *, pass_type: str = PASS_TYPE, team: str = TEAM, ends: datetime = ENDS
) -> Issued:
    """Write what Apple gives: certificate and intermediate as DER, the key, and certificate with key as PKCS #12."""
    folder.mkdir(parents=True, exist_ok=True)
    root, wwdr = subject("Root of the test"), subject("Worldwide of the test")
    root_key, wwdr_key, own_key = (rsa_key(name) for name in ("root", "intermediate", "pass"))
    name = subject(f"Pass Type ID: {pass_type}", pass_type=pass_type, team=team)
    own = certificate(name, own_key, wwdr, wwdr_key, ends=ends)
    files = Issued(
        *(folder / name for name in ("pass.cer", "pass.key", "wwdr.cer", "pass.p12", "root.pem", "password"))
    )
    files.certificate.write_bytes(own.public_bytes(Encoding.DER))
    files.key.write_bytes(key_as_pem(own_key))
    authority = certificate(wwdr, wwdr_key, root, root_key, authority=True)
    files.intermediate.write_bytes(authority.public_bytes(Encoding.DER))
    encryption = BestAvailableEncryption(PASSWORD.encode())
    files.bundle.write_bytes(serialize_key_and_certificates(b"pass", own_key, own, None, encryption))
    trusted = certificate(root, root_key, root, root_key, authority=True)
    files.root.write_bytes(trusted.public_bytes(Encoding.PEM))
    files.password.write_text(f"{PASSWORD}\n")
    return files


def service_account(path: Path, email: str = "passes@parcels.iam.gserviceaccount.com") -> RSAPrivateKey:
    """Write the key file of a service account, and return its key."""
    key = rsa_key("service account")
    path.write_text(
        json.dumps({"type": "service_account", "client_email": email, "private_key": key_as_pem(key).decode()})
    )
    return key


def offered_wallets(folder: Path, now: datetime, *, ends: datetime = ENDS) -> Wallets:
    """Return both wallets of a house that has what signs their passes, in a folder of its own."""
    secrets, account = folder / "secrets", folder / "account.json"
    issued = issue_pass_certificate(folder / "apple", ends=ends)
    keep_pass_certificate(
        secrets, read_pass_certificate(issued.certificate, issued.key, issued.intermediate, None, now)
    )
    service_account(account)
    google = GoogleWalletSettings(service_account_file=account, issuer_id=ISSUER)
    return Wallets(secrets, WalletSettings(google=google))


def key_as_pem(key: RSAPrivateKey) -> bytes:
    """Return a key as files hold it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
