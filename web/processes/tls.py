"""The service's own certificate for the local network: browsers give a camera only to secure pages."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from codes.keys.private_files import replace_private_file

# Apple's systems refuse server certificates that live longer than 398 days.
LIFETIME = timedelta(days=397)
RENEWED_BEFORE_END = timedelta(days=30)
# The clocks of phones differ from ours.
VALID_BEFORE_NOW = timedelta(days=1)


class BadCertificate(Exception):
    """A certificate and its key cannot be served with; the words say which file, and what is wanted."""


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """Where the certificate and its private key lie, both as PEM; the key as PKCS#8."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Raise BadCertificate, or OSError where a file cannot be read."""
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except ValueError as error:
            raise BadCertificate(f"{self.certificate}: is no certificate in PEM form") from error
        text = self.key.read_bytes()
        if b"-----BEGIN PRIVATE KEY-----" not in text:
            convert = f"openssl pkcs8 -topk8 -nodes -in {self.key} -out key.pem"
            raise BadCertificate(
                f"{self.key}: is no private key in PEM form without a password (PKCS#8); try {convert}"
            )
        try:
            key = serialization.load_pem_private_key(text, password=None)
        except ValueError as error:
            raise BadCertificate(f"{self.key}: is no private key") from error
        if certificate.public_key() != key.public_key():
            raise BadCertificate(
                f"{self.key}: is not the key of {self.certificate}; the server's own stands first there"
            )


def ensure_certificate(folder: Path, hosts: Sequence[str], now: datetime) -> CertificatePaths:
    """Return a certificate of ours for these names and addresses; a new one if the old one no longer serves."""
    paths = CertificatePaths(folder / "certificate.pem", folder / "key.pem")
    if not _still_serves(paths, hosts, now):
        key = ec.generate_private_key(ec.SECP256R1())
        # The key first: a stop between the two is noticed, because the old certificate does not fit the new key.
        replace_private_file(paths.key, _key_as_pem(key))
        certificate = _sign(key, hosts, now).public_bytes(serialization.Encoding.PEM)
        replace_private_file(paths.certificate, certificate)
    return paths


def _still_serves(paths: CertificatePaths, hosts: Sequence[str], now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(paths.certificate.read_bytes())
        key = serialization.load_pem_private_key(paths.key.read_bytes(), password=None)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    in_time = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWED_BEFORE_END
    return in_time and certificate.public_key() == key.public_key() and set(names) == set(_names(hosts))


def _names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    return [_name(host) for host in dict.fromkeys(hosts)]


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _sign(key: ec.EllipticCurvePrivateKey, hosts: Sequence[str], now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Doorcode on this network")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_BEFORE_NOW)
        .not_valid_after(now - VALID_BEFORE_NOW + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _key_as_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # PKCS#8, because the server reads no other form.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
