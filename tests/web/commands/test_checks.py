"""`app.py check`: what is broken is found, and the line that mends it is named."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from codes import Announcement, Database, DeliveryCodes, Person, open_key_ring, tables
from codes.life.issuing import renew_stale_codes
from codes.sealing.sealing_key import open_sealing_key
from codes.store.schema import VERSION_TABLE
from scanner.settings import ScannerSettings
from tests.parts.clock import TurnableClock
from tests.parts.domain import ALWAYS, SETTINGS
from tests.parts.servers.postgresql import PostgresServer
from tests.parts.servers.smtp_server import Behaviour, SmtpServer, running_smtp_server
from web.commands.checks.around import (
    check_certificates,
    check_checkpoints,
    check_decoders,
    check_environment,
    check_outsiders,
    check_signing_in,
)
from web.commands.checks.everything import is_ready, told
from web.commands.checks.finding import Checked, State
from web.commands.checks.mailing import check_mailing
from web.commands.checks.postgresql import check_server
from web.commands.checks.store import check_disk, check_store, file_system_of
from web.mail.settings import MailSettings
from web.processes.tls import ensure_certificate
from web.settings import SealingSettings, ServerSettings, SigningInSettings

PASSWORD = "correct horse battery staple"
SERVER = {
    "host": "127.0.0.1",
    "http_port": 8080,
    "https_port": 8443,
    "workers": 1,
    "threads": 8,
    "max_json_kilobytes": 64,
}


def faults(checked: Iterator[Checked]) -> dict[str, Checked]:
    """Return what is not in order, by what it is; each names what mends it, nothing else does."""
    everything = list(checked)
    assert all(bool(each.mend) == (each.state is not State.OK) for each in everything)
    return {each.what: each for each in everything if each.state is not State.OK}


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: TurnableClock) -> Iterator[tuple[DeliveryCodes, Path]]:
    """A service that has issued a code, and the folder of its secrets; once on each kind of database."""
    clock.now = datetime.now(UTC)
    secrets = tmp_path / "secrets"
    ring, key = open_key_ring(secrets / "keyring.json", database, clock), secrets / "sealing-key.pem"
    codes = DeliveryCodes(database, ring, open_sealing_key(key, database), SETTINGS, ALWAYS, clock)
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.com"))])
    yield codes, secrets
    codes.close()


def put_another_sealing_key(path: Path) -> None:
    """Put the key of another store in its place."""
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def url_of(codes: DeliveryCodes) -> str:
    return codes.database.url.render_as_string(hide_password=False)


def test_a_store_in_order_has_no_fault_and_each_broken_part_is_named(
    house: tuple[DeliveryCodes, Path], clock: TurnableClock
) -> None:
    codes, secrets = house
    url, ring = url_of(codes), secrets / "keyring.json"
    assert [
        told(each) for each in faults(check_store(url, secrets, clock())).values() if each.what != "file system"
    ] == []
    late = faults(check_store(url, secrets, clock() + timedelta(hours=1)))
    assert "1 wait since" in late["messages"].words
    early = faults(check_store(url, secrets, clock() - timedelta(hours=1)))
    assert early["clock"].state is State.MISSING
    codes.ring.replace(codes.ring().with_epoch_raised())
    assert faults(check_store(url, secrets, clock()))["codes"].mend.endswith("restore --go-on")
    codes.write(renew_stale_codes, 9)
    assert "codes" not in faults(check_store(url, secrets, clock()))
    ring.chmod(0o640)
    assert faults(check_store(url, secrets, clock()))["secrets"].mend == f"chmod 600 {ring}"
    kept, sealing_key = ring.read_bytes(), secrets / "sealing-key.pem"
    of_this_store = sealing_key.read_bytes()
    put_another_sealing_key(sealing_key)
    assert "belongs to another database" in faults(check_store(url, secrets, clock()))["sealing key"].words
    sealing_key.write_bytes(of_this_store)
    ring.write_text("{}")
    assert "put the key file back" in faults(check_store(url, secrets, clock()))["key ring"].mend
    ring.unlink()
    assert faults(check_store(url, secrets, clock()))["key ring"].state is State.MISSING
    ring.write_bytes(kept)
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.codes).values(key_id="20200101-1"))
    assert "lacks 20200101-1" in faults(check_store(url, secrets, clock()))["key ring"].words
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.installation).values(value="another"))
    assert "another database" in faults(check_store(url, secrets, clock()))["key ring"].words
    with codes.database.writing() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    assert "install the newer release" in faults(check_store(url, secrets, clock()))["schema"].mend
    with codes.database.writing() as connection:
        connection.execute(sa.text(f"DROP TABLE {VERSION_TABLE}"))
    unknown = faults(check_store(url, secrets, clock()))["schema"]
    assert unknown.state is State.MISSING
    assert "before the first release" in unknown.words
    assert "name an empty one" in unknown.mend


def test_looking_at_a_store_that_is_not_there_makes_none(tmp_path: Path, clock: TurnableClock) -> None:
    url = f"sqlite:///{tmp_path / 'var' / 'doorcode.db'}"
    found = faults(check_store(url, tmp_path / "var" / "secrets", clock()))
    assert {each.state for each in found.values()} == {State.WARN}
    assert not (tmp_path / "var").exists()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path, clock: TurnableClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = faults(check_store(f"postgresql://doorcode:secret@127.0.0.1:{port}/doorcode", tmp_path, clock()))
    assert found["database"].state is State.MISSING
    assert "secret" not in told(found["database"])


def test_a_servers_version_role_standbys_and_pooler_are_named(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    database = Database(postgres_url)
    in_order = {each.what: each for each in check_server(database)}
    assert {each.state for each in in_order.values()} == {State.OK}
    assert in_order["server"].words == "a primary, which writes"
    assert in_order["pooler"].words == "none: connections go to the server itself"
    with postgres_server.without_standby():
        away = faults(check_server(database))
    assert away["standbys"].words == "every commit waits for nobody, and none is connected"
    database.close()


def test_a_file_system_that_forgets_is_known(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/far nfs4 rw 0 0\ntmpfs {tmp_path}/quick tmpfs rw 0 0\n"
    )
    assert [file_system_of(tmp_path / name / "db", mounts) for name in ("far", "quick", "near")] == [
        "nfs4",
        "tmpfs",
        "ext4",
    ]
    assert check_disk(tmp_path / "not" / "there").what == "disk"


def mail(server: SmtpServer, **settings: object) -> MailSettings:
    smtp = {"host": server.host, "port": server.port, "security": "none", "timeout_seconds": 20} | settings
    document = {"sender_name": "Parcels", "sender_address": "codes@parcels.example", "smtp": smtp}
    return MailSettings.model_validate(document)


def mail_faults(settings: MailSettings, password: str = PASSWORD, send_to: str | None = None) -> dict[str, Checked]:
    environment = {"DOORCODE_SMTP_PASSWORD": password}
    return faults(check_mailing(settings, environment, datetime.now(UTC), send_to))


def test_the_mails_road_is_walked_without_a_mail_and_with_one(smtp_server: SmtpServer, tmp_path: Path) -> None:
    settings = mail(smtp_server)
    assert mail_faults(settings).keys() == {"returned mails"}
    assert smtp_server.messages == []
    found = mail_faults(settings, send_to="ada@example.com")
    assert "test mail" not in found
    (message,) = smtp_server.messages
    assert message["To"].addresses[0].addr_spec == "ada@example.com"
    assert mail_faults(settings, send_to="ada@example.com\nBcc: x@example.com").keys() >= {"test mail"}
    with_folder = settings.model_copy(
        update={"bounces": settings.bounces.model_copy(update={"folder": tmp_path / "b"})}
    )
    assert mail_faults(with_folder)["returned mails"].mend == f"mkdir -m 700 {tmp_path / 'b'}"
    (tmp_path / "b").mkdir()
    assert mail_faults(with_folder) == {}
    without_server = with_folder.model_copy(update={"smtp": None})
    assert mail_faults(without_server).keys() == {"mail server"}
    (tmp_path / "b").rmdir()
    assert mail_faults(without_server).keys() == {"mail server", "returned mails"}
    (tmp_path / "b").mkdir()
    smtp_server.behaviour.to_recipient = "450 4.2.0 greylisted"
    assert mail_faults(with_folder) == {}
    smtp_server.behaviour.to_recipient = "550 relaying denied"
    assert "550 relaying denied" in mail_faults(settings, send_to="ada@example.com")["test mail"].words
    smtp_server.behaviour.to_sender = "550 not yours"
    assert "sender_address" in mail_faults(settings)["sender"].mend


def test_what_is_wrong_with_the_mail_server_is_said_with_the_setting_that_mends_it(tmp_path: Path) -> None:
    paths = ensure_certificate(tmp_path, ["127.0.0.1"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paths.certificate, paths.key)
    with running_smtp_server(Behaviour(user="codes", password=PASSWORD), starttls=context) as server:
        signing_in = {"security": "starttls", "user": "codes", "ca_file": paths.certificate}
        assert mail_faults(mail(server, **signing_in)).keys() == {"returned mails"}
        assert "password" in mail_faults(mail(server, **signing_in), password="wrong")["mail server"].mend
        untrusted = mail_faults(mail(server, security="starttls"))["mail server"]
        assert "ca_file" in untrusted.mend
        assert "security" in mail_faults(mail(server, security="tls"))["mail server"].mend
    assert "port" in mail_faults(mail(server))["mail server"].mend
    with running_smtp_server() as plain:
        assert "security" in mail_faults(mail(plain, security="starttls"))["mail server"].mend
        assert "mail.smtp.host" in mail_faults(mail(plain, host="mail.invalid"))["mail server"].mend


def test_the_way_for_texts_and_the_look_are_tried_too(smtp_server: SmtpServer, tmp_path: Path) -> None:
    gateway = {"url": f"http://127.0.0.1:{smtp_server.port}/send", "headers": {"Authorization": "$secret"}}
    settings = mail(smtp_server)

    def found(**changes: object) -> dict[str, Checked]:
        return mail_faults(MailSettings.model_validate(settings.model_dump() | changes))

    assert "DOORCODE_BOUNCE_SECRET" in found(bounces={"webhook": {"provider": "ses"}})["returned mails"].mend
    (tmp_path / "topic").write_text("the topic")
    hook = {"webhook": {"provider": "ses", "secret_file": tmp_path / "topic"}}
    assert "an ARN is wanted" in found(bounces=hook)["returned mails"].words
    assert "secret_file" in found(gateway=gateway)["text messages"].mend
    assert found(gateway=gateway | {"headers": {}})["text messages"].state is State.WARN
    assert found(gateway={"url": "http://127.0.0.1:9/send"})["text messages"].state is State.MISSING
    assert found(gateway={"url": f"https://127.0.0.1:{smtp_server.port}/"})["text messages"].state is State.MISSING
    assert str(tmp_path / "logo.png") in found(look={"logo": tmp_path / "logo.png"})["look"].words


def test_secrets_that_others_read_and_names_that_nobody_reads_are_told(tmp_path: Path) -> None:
    secret, beside = tmp_path / "secret", tmp_path / "environment"
    for file in (secret, beside):
        file.write_text("DOORCODE_SMTP_PASSWORD=x")
        file.chmod(0o644)
    smtp = {"host": "localhost", "port": 25, "password_file": secret}
    mails = MailSettings.model_validate({"sender_name": "P", "sender_address": "codes@parcels.example", "smtp": smtp})
    told = list(check_environment(tmp_path / "config.yaml", mails, ["DOORCODE_DATABASE_URI", "DOORCODE_KEY", "HOME"]))
    assert [each.mend for each in told[1:]] == [
        "did you mean DOORCODE_DATABASE_URL?",
        f"chmod o-rwx {beside}",
        f"chmod o-rwx {secret}",
    ]
    for file in (secret, beside):
        file.chmod(0o640)
    assert len(list(check_environment(tmp_path / "config.yaml", mails, []))) == 1


def test_outsiders_that_cannot_be_reached_are_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert faults(check_outsiders(SealingSettings(post_to=(there,), time_stamp_url=there))) == {}
    assert there in faults(check_outsiders(SealingSettings(post_to=(there,))))["checkpoints"].mend
    oidc = {"issuer": there, "client_id": "doorcode", "roles": {"depot": "dispatcher"}}
    signing_in = SigningInSettings.model_validate({"oidc": oidc})
    assert faults(check_signing_in(signing_in))["identity provider"].state is State.MISSING
    assert faults(check_signing_in(SigningInSettings())) == {}


class _Page(http.server.BaseHTTPRequestHandler):
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        """Answer as Doorcode's page does, or as something else."""
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Write nothing."""


def test_certificates_are_looked_at_from_both_sides(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    trusting, suspicious = ssl.create_default_context(), ssl.create_default_context()
    paths = ensure_certificate(tmp_path, ["localhost", "192.0.2.7"], now)
    trusting.load_verify_locations(paths.certificate)
    tls = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paths.certificate, paths.key)
    tls.socket = context.wrap_socket(tls.socket, server_side=True)
    threading.Thread(target=tls.serve_forever, daemon=True).start()
    server = ServerSettings.model_validate(SERVER | {"public_url": f"https://localhost:{tls.server_port}"})

    def look(trust: ssl.SSLContext = trusting, at: datetime = now, address: str = "192.0.2.7") -> dict[str, Checked]:
        return faults(check_certificates(server, tmp_path, address, at, trust))

    assert look() == {}
    assert "phones refuse" in look(suspicious)["public address"].words
    assert "not for 192.0.2.8" in look(address="192.0.2.8")["certificate"].words
    assert "days" in look(at=now + timedelta(days=385))["public address"].words
    assert "clock" in look(at=now + timedelta(minutes=1))
    assert look(at=now + timedelta(days=400))["certificate"].state is State.MISSING
    _Page.status = 404
    assert "404" in look()["public address"].words
    tls.shutdown()
    tls.server_close()
    assert "does not answer" in look()["public address"].words
    paths.certificate.write_text("broken")
    assert look()["certificate"].mend.startswith(f"rm {paths.certificate}")
    plain = ServerSettings.model_validate(SERVER | {"public_url": "http://parcels.example", "https_port": 0})
    assert "https" in faults(check_certificates(plain, tmp_path, None, now, trusting))["public address"].mend


def test_decoders_read_what_this_release_draws(tmp_path: Path) -> None:
    assert faults(check_decoders(ScannerSettings())) == {}
    assert check_checkpoints(SealingSettings(folder=tmp_path / "out" / "checkpoints")).state is State.OK
    (tmp_path / "out").write_text("a file where the folder should be")
    assert check_checkpoints(SealingSettings(folder=tmp_path / "out" / "checkpoints")).state is State.MISSING
    assert check_checkpoints(SealingSettings()).state is State.WARN


def test_only_what_is_missing_keeps_the_service_from_being_ready() -> None:
    assert is_ready([Checked("a", State.OK, ""), Checked("b", State.WARN, "", "x")])
    assert not is_ready([Checked("a", State.MISSING, "gone", "make it")])
    assert told(Checked("a", State.MISSING, "gone", "make it")).splitlines() == [
        "missing a: gone",
        "        -> make it",
    ]
