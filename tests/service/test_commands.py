"""The command line as a person meets it: a real process with a data folder of its own."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
import yaml

from codes.store.database import Database
from tests.parts.mails.returned_mail import report
from tests.parts.running_service import HOME, RunningService, free_port, running_service, settings_for
from tests.parts.servers.gateway import running_gateway
from tests.parts.servers.smtp_server import SmtpServer
from web.commands.table import COMMANDS, parser

OPEN_CONNECTIONS = 30


def command(folder: Path, *arguments: str, **sections: object) -> subprocess.CompletedProcess[str]:
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(settings_for(folder, **sections)), encoding="utf-8")
    line = [sys.executable, str(HOME / "app.py"), "--config", str(config), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def told_without_trace(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_first_start_makes_sample_data_and_secrets_for_their_owner_only_and_stops_when_asked(
    tmp_path: Path,
) -> None:
    with running_service(tmp_path, "--demo", first_start=True) as service:
        told = "".join(service.output)
        assert service.url in told
        assert "/enrol#" in told
        assert httpx.get(f"{service.url}/office", follow_redirects=True, timeout=60).status_code == 200
        secrets = list((tmp_path / "var" / "secrets").iterdir())
        assert {path.name for path in secrets} >= {"keyring.json", "admin-password"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
        assert service.stop() == 0


def test_parcels_announced_while_the_service_runs_are_mailed(tmp_path: Path, smtp_server: SmtpServer) -> None:
    """One of them comes back, and the check has nothing to say against the service while it runs."""
    returned = tmp_path / "returned"
    returned.mkdir()
    smtp = {"host": smtp_server.host, "port": smtp_server.port, "security": "none"}
    mail, often = {"smtp": smtp, "bounces": {"folder": str(returned)}}, {"interval_seconds": 1}
    with ExitStack() as stack:
        gateway = stack.enter_context(running_gateway())
        mail["gateway"] = {"url": gateway.url, "form": "form", "body": "to=$phone&text=$text"}
        service = stack.enter_context(running_service(tmp_path, mail=mail, sealing=often))
        one = (
            "--name",
            "Ada",
            "--email",
            "ada@example.com",
            "--phone",
            "+4930123456",
            "--language",
            "de",
            "--value",
            "250",
        )
        service.run("issue", "JD0146000001", *one)
        table = tmp_path / "parcels.csv"
        table.write_text("reference,name,email,value\nJD0146000002,Bob,bob@example.com,300\n", encoding="utf-8")
        service.run("import", str(table))
        while len(smtp_server.envelopes) < 2 or not gateway.requests:
            assert service.is_running()
        message_id = str(smtp_server.messages[0]["Message-ID"]).strip("<>").partition("@")[0]
        (returned / "1.new").write_bytes(report(message_id))
        (returned / "1.new").rename(returned / "1.eml")
        while not (returned / "done" / "1.eml").exists():
            assert service.is_running()
            time.sleep(0.05)
        told = service.run("check")
    assert [request.body.partition("&")[0] for request in gateway.requests] == ["to=%2B4930123456"]
    assert "missing " not in told
    assert f"returned mails: are read from {returned}" in told
    assert sorted(message["To"].addresses[0].addr_spec for message in smtp_server.messages) == [
        "ada@example.com",
        "bob@example.com",
    ]


def test_a_device_is_invited_by_a_symbol_in_the_terminal(tmp_path: Path) -> None:
    done = command(tmp_path, "enrol", "--name", "Van 7")
    assert done.returncode == 0, done.stderr
    assert re.search(r"/enrol#[A-Za-z0-9_-]{32}$", done.stdout, re.MULTILINE)
    assert "█" in done.stdout


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"codes": {"lifetime_day": 30}}, "did you mean lifetime_days?"),
        ({"colour": "green"}, "unknown key colour"),
        ({"codes": {"lifetime_days": 0}}, "codes.lifetime_days"),
        (
            {"codes": {"contest_days": 20}, "retention": {"persons_days": 19}},
            "must not be shorter than codes.contest_days",
        ),
        ({"mail": {"smtp": {"host": "localhost"}}}, "mail.smtp.port"),
        ({"codes": {"driver_calls": "switchboard"}}, "needs the number of the house's switchboard"),
        ({"house": {"depot_phone": "call us"}}, "house.depot_phone"),
    ],
)
def test_a_fault_in_the_settings_is_named(tmp_path: Path, sections: dict[str, object], named: str) -> None:
    assert named in told_without_trace(command(tmp_path, "enrol", "--name", "Van 7", **sections))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert port in told_without_trace(command(tmp_path, "run", "--port", port, "--https-port", "0"))


def test_a_file_that_is_no_table_of_parcels_is_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.csv"
    nonsense.write_bytes(b"\xff\xfe\x00nonsense")
    told_without_trace(command(tmp_path, "import", str(nonsense)))


def test_a_database_that_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    address = f"postgresql://doorcode@127.0.0.1:{free_port()}/doorcode"
    told_without_trace(command(tmp_path, "enrol", "--name", "Van 7", database_url=address))


@pytest.mark.parametrize("arguments", [("run",), ("worker",), ("keys", "show")], ids=" ".join)
def test_a_store_of_no_version_that_anybody_knows_is_told_in_one_line(
    arguments: tuple[str, ...], store_url: str, tmp_path: Path
) -> None:
    store = Database(store_url)
    with store.writing() as connection:
        connection.execute(sa.text("CREATE TABLE parcels (id INTEGER)"))
    store.close()
    told = told_without_trace(command(tmp_path, *arguments, database_url=store_url))
    assert told.count("\n") == 1
    assert "of a version before the first release" in told
    assert "name an empty one in config.yaml" in told


def test_a_lost_key_file_stops_the_start_and_makes_no_new_key(tmp_path: Path) -> None:
    assert command(tmp_path, "enrol", "--name", "Van 7").returncode == 0
    ring = tmp_path / "var" / "secrets" / "keyring.json"
    ring.rename(tmp_path / "mislaid")
    assert "keyring.json" in told_without_trace(command(tmp_path, "enrol", "--name", "Van 8"))
    assert not ring.exists()


def test_the_processes_of_a_killed_service_die_with_it(tmp_path: Path) -> None:
    with running_service(tmp_path, "--demo") as service:
        service.kill()
        with pytest.raises(httpx.ConnectError):
            httpx.get(service.url)


def test_scanning_keeps_to_the_settings_and_to_the_kinds_asked_for(tmp_path: Path) -> None:
    symbol = str(HOME / "docs" / "example-symbol.png")
    told = command(tmp_path, "scan", symbol)
    assert "QRCode 731" in told.stdout
    assert "no symbol found" in command(tmp_path, "scan", symbol, scanner={"wanted": ["Code128"]}).stdout
    assert "QRCode 731" in command(tmp_path, "scan", "--wanted", "qrcode", symbol, scanner={"wanted": ["ITF"]}).stdout
    assert "at most 10,000 are accepted" in command(tmp_path, "scan", symbol, scanner={"max_pixels": 10_000}).stderr
    assert "'Barcode' is none of" in command(tmp_path, "scan", "--wanted", "QRCode,Barcode", symbol).stderr


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    told = subprocess.run([sys.executable, str(HOME / "app.py"), "--help"], capture_output=True, text=True, check=True)
    names = re.findall(r"^    (\w[\w-]*)", told.stdout, re.MULTILINE)
    assert set(names) == set(COMMANDS)
    for name in names:
        with pytest.raises(SystemExit) as ended:
            parser(HOME / "config.yaml").parse_args([name, "--help"])
        assert ended.value.code == 0
        assert f"app.py {name} " in capsys.readouterr().out


def test_a_service_is_stopped_by_the_system_at_once_whoever_is_still_connected(service: RunningService) -> None:
    with ExitStack() as stack:
        for number in range(OPEN_CONNECTIONS):
            caller = stack.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            # Some have been answered and stay, others are in the middle of a request.
            caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + (b"\r\n" if number % 2 else b""))
            if number % 2:
                assert caller.recv(64).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        assert service.stop(signal.SIGTERM) == 0
        # Five seconds, and twice that where other tests run beside this one.
        assert time.monotonic() - began < 10
