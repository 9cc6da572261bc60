"""A command that fails says why in one line; one that is stopped says nothing, and neither leaves half of anything."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

import app
from codes.accounts.staff import Role, block_staff
from codes.accounts.staff_log import list_actions
from codes.keys.keyring import KeyRingUnreadable, read_key_ring
from codes.store.database import Database
from tests.parts.running_service import settings_for
from tests.parts.staff import add_member, member_with
from web.commands.checks.postgresql import check_server
from web.commands.opening import STOPPED, opened, settings_in
from web.commands.table import COMMANDS, Command


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(settings_for(tmp_path)), encoding="utf-8")
    return path


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line that a command says when it fails."""
    capsys.readouterr()
    assert app.main(arguments) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


def test_a_file_that_is_no_database_is_told_with_what_mends_it(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "secrets").mkdir()
    ring = tmp_path / "var" / "secrets" / "keyring.json"
    ring.mkdir()
    with pytest.raises(KeyRingUnreadable, match=r"cannot be read \(Is a directory\); let it belong to"):
        read_key_ring(ring)
    assert f"{tmp_path}/var/doorcode.db is new" in failed(capsys, "--config", str(config), "keys", "show")
    ring.rmdir()
    (tmp_path / "var" / "doorcode.db").write_bytes(b"no database" * 1000)
    assert "not a database; put a backup back" in failed(capsys, "--config", str(config), "keys", "show")


def test_a_role_that_may_make_no_tables_is_told_what_to_be_given(
    config: Path, postgres_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    database = Database(postgres_url)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS stranger"))
        connection.execute(sa.text("CREATE ROLE stranger LOGIN PASSWORD 'stranger'"))
    url = database.url.set(username="stranger", password="stranger").render_as_string(hide_password=False)
    database.close()
    config.write_text(yaml.safe_dump(settings_for(tmp_path, database_url=url)), encoding="utf-8")
    assert "own the database: ALTER DATABASE" in failed(capsys, "--config", str(config), "keys", "show")
    with closing(Database(url)) as seen:
        assert "its role may make no tables, so no release can bring the schema up" in [
            each.words for each in check_server(seen)
        ]


def test_an_administrator_who_lost_everything_is_let_in_again(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("--config", str(config), "password")
    assert "nobody signs in as Admin; the office lists" in failed(capsys, *command, "Admin")
    with opened(settings_in(config)) as codes:
        member = add_member(codes, "admin", "a password that was lost", Role.ADMIN)
        codes.write(block_staff, member, blocked=True)
        assert app.main([*command, "admin", "--second-factor"]) == 0
        password = capsys.readouterr().out.strip()
        assert member_with(codes, "admin", password) is not None
        [action] = codes.read(list_actions, limit=9)
    assert (action.name, action.action) == ("app.py password", "people.change password")


def test_whoever_stops_a_command_sees_no_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_options: argparse.Namespace) -> int:
        """Be stopped."""
        raise KeyboardInterrupt

    monkeypatch.setitem(COMMANDS, "settings", Command(stopped))
    assert app.main(["settings"]) == STOPPED
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("enrol", "--name", " "), "a name has 1 to 100 characters"),
        (("key", "--name", "Shop\nand more"), "a name must be one line"),
        (("key", "--name", "\udcff"), "a name must be one line of text"),
        (("issue", "SAMPLE-1", "--name", "\udcff"), "name: holds bytes that are no text"),
        (("enrol", "--name", "Van 7", "--url", "parcels.example.org"), "write it as in https://"),
        (("run", "--port", "65536"), "write a number up to 65535"),
        (("web", "--port", "0"), "write a number up to 65535"),
    ],
)
def test_what_an_option_cannot_be_is_named(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        app.main(arguments)
    assert told in capsys.readouterr().err


def test_https_is_not_left_out_in_silence(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A certificate without its key was served as plain HTTP."""
    web = ("--config", str(config), "web", "--port", "8099")
    assert "--key" in failed(capsys, *web, "--certificate", str(config))
    assert "no certificate in PEM form" in failed(capsys, *web, "--certificate", str(config), "--key", str(config))
    assert "is no address; set server.host" in failed(capsys, *web, "--host", "nobody.invalid")
    assert "to an address of this machine" in failed(capsys, *web, "--host", "192.0.2.1")
    assert not (tmp_path / "var").exists()
