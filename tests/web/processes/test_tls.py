"""The certificate for phones on the local network."""

from __future__ import annotations

import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_connection, create_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from web.processes.tls import LIFETIME, BadCertificate, CertificatePaths, ensure_certificate

HOSTS = ("localhost", "127.0.0.1", "192.168.1.20")


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def serial(paths: CertificatePaths) -> int:
    return x509.load_pem_x509_certificate(paths.certificate.read_bytes()).serial_number


def test_a_client_that_trusts_the_certificate_can_talk_to_every_host_named_in_it(tmp_path: Path, now: datetime) -> None:
    paths = ensure_certificate(tmp_path, HOSTS, now)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(paths.certificate, paths.key)
    client_side = ssl.create_default_context(cafile=str(paths.certificate))

    with create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _host in HOSTS:
                connection, _address = listener.accept()
                with server_side.wrap_socket(connection, server_side=True) as secure:
                    secure.sendall(b"hello")

        serving = threading.Thread(target=answer)
        serving.start()
        for host in HOSTS:
            with (
                create_connection(listener.getsockname()) as plain,
                client_side.wrap_socket(plain, server_hostname=host) as secure,
            ):
                assert secure.recv(5) == b"hello"
        serving.join()


def test_a_good_certificate_is_kept(tmp_path: Path, now: datetime) -> None:
    first = serial(ensure_certificate(tmp_path, HOSTS, now))
    assert serial(ensure_certificate(tmp_path, tuple(reversed(HOSTS)), now + timedelta(days=300))) == first


def test_a_certificate_about_to_expire_is_renewed(tmp_path: Path, now: datetime) -> None:
    first = serial(ensure_certificate(tmp_path, HOSTS, now))
    later = now + LIFETIME - timedelta(days=29)
    assert serial(ensure_certificate(tmp_path, HOSTS, later)) != first


def test_a_certificate_from_a_clock_that_was_ahead_is_renewed(tmp_path: Path, now: datetime) -> None:
    first = serial(ensure_certificate(tmp_path, HOSTS, now + timedelta(days=1000)))
    assert serial(ensure_certificate(tmp_path, HOSTS, now)) != first


def test_a_new_address_brings_a_new_certificate(tmp_path: Path, now: datetime) -> None:
    first = serial(ensure_certificate(tmp_path, HOSTS, now))
    assert serial(ensure_certificate(tmp_path, ("localhost", "10.0.0.7"), now)) != first


@pytest.mark.parametrize("broken", ["certificate.pem", "key.pem"])
@pytest.mark.parametrize("content", [b"", b"not a certificate", None])
def test_a_broken_file_is_replaced(tmp_path: Path, now: datetime, broken: str, content: bytes | None) -> None:
    ensure_certificate(tmp_path, HOSTS, now)
    if content is None:
        (tmp_path / broken).unlink()
    else:
        (tmp_path / broken).write_bytes(content)
    paths = ensure_certificate(tmp_path, HOSTS, now)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(paths.certificate, paths.key)


def test_a_certificate_that_does_not_fit_its_key_is_replaced(tmp_path: Path, now: datetime) -> None:
    paths = ensure_certificate(tmp_path / "one", HOSTS, now)
    other = ensure_certificate(tmp_path / "other", HOSTS, now)
    paths.key.write_bytes(other.key.read_bytes())
    paths = ensure_certificate(tmp_path / "one", HOSTS, now)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(paths.certificate, paths.key)


def test_nobody_else_on_the_machine_can_read_the_key(tmp_path: Path, now: datetime) -> None:
    paths = ensure_certificate(tmp_path, HOSTS, now)
    assert stat.S_IMODE(paths.key.stat().st_mode) == 0o600
    assert paths.key.read_text().startswith("-----BEGIN PRIVATE KEY-----")  # PKCS#8


def test_a_certificate_and_key_that_cannot_be_served_with_are_named(tmp_path: Path, now: datetime) -> None:
    one, other = (ensure_certificate(tmp_path / name, ["localhost"], now) for name in ("one", "other"))
    one.check()
    with pytest.raises(BadCertificate, match="is not the key of"):
        CertificatePaths(one.certificate, other.key).check()
    with pytest.raises(BadCertificate, match="is no certificate in PEM form"):
        CertificatePaths(one.key, one.key).check()
    key = serialization.load_pem_private_key(one.key.read_bytes(), password=None)
    for form, protection in (
        (serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()),
        (serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")),
    ):
        other.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, protection))
        with pytest.raises(BadCertificate, match="openssl pkcs8 -topk8 -nodes"):
            CertificatePaths(one.certificate, other.key).check()
