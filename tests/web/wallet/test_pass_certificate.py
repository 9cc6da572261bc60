"""What an operator gives is checked before it is kept, and what is wrong with it is named."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

import app
from tests.parts.clock import TurnableClock
from tests.parts.running_service import settings_for
from tests.parts.web.wallet_certificates import (
    BEGINS,
    ENDS,
    PASS_TYPE,
    PASSWORD,
    TEAM,
    Issued,
    certificate,
    issue_pass_certificate,
    key_as_pem,
    rsa_key,
    subject,
)
from web.wallet.pass_certificate import FILE, BadPassCertificate, kept_pass_certificate, read_pass_certificate


def fault(files: Issued, now: datetime, password: bytes | None = None) -> str:
    with pytest.raises(BadPassCertificate) as found:
        read_pass_certificate(files.certificate, files.key, files.intermediate, password, now)
    return str(found.value)


@pytest.mark.parametrize("how", ["two files", "one file"])
def test_the_command_keeps_what_signs_for_its_owner_alone_and_tells_and_removes_it(
    tmp_path: Path, issued: Issued, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    config, secrets = tmp_path / "config.yaml", tmp_path / "var" / "secrets"
    config.write_text(yaml.safe_dump(settings_for(tmp_path)), encoding="utf-8")
    command = ["--config", str(config), "wallet"]
    given = ["--certificate", issued.certificate, "--key", issued.key]
    if how == "one file":
        given = ["--certificate", issued.bundle, "--password-file", issued.password]
    assert app.main(command) == 0
    assert "No certificate is kept" in capsys.readouterr().out
    assert app.main([*command, *map(str, given)]) == 2
    assert "--intermediate" in capsys.readouterr().err
    assert app.main([*command, *map(str, given), "--intermediate", str(issued.intermediate)]) == 0
    assert f"{PASS_TYPE}, team {TEAM}, until 2099-01-01" in capsys.readouterr().out
    assert [path.name for path in secrets.iterdir()] == [FILE]
    assert stat.S_IMODE((secrets / FILE).stat().st_mode) == 0o600
    kept = kept_pass_certificate(secrets)
    assert kept is not None
    assert (kept.pass_type_id, kept.team_id, kept.is_valid_at(datetime.now(UTC))) == (PASS_TYPE, TEAM, True)
    assert app.main([*command, "--certificate", str(issued.key), "--key", str(issued.key)]) == 2
    assert kept_pass_certificate(secrets) == kept, "what was refused changes nothing"
    assert app.main([*command, "--remove"]) == 0
    assert kept_pass_certificate(secrets) is None


def test_a_key_that_does_not_fit_is_refused(tmp_path: Path, issued: Issued, clock: TurnableClock) -> None:
    other = tmp_path / "other.key"
    other.write_bytes(key_as_pem(rsa_key("another")))
    assert "the key does not belong to the certificate" in fault(replace(issued, key=other), clock())


def test_an_intermediate_that_did_not_issue_it_is_refused(tmp_path: Path, issued: Issued, clock: TurnableClock) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    other, key = tmp_path / "other.cer", rsa_key("another")
    # The name is right, the key is another one.
    name = subject("Worldwide of the test")
    other.write_bytes(certificate(name, key, name, key, authority=True).public_bytes(Encoding.DER))
    assert "the intermediate has not issued the certificate" in fault(replace(issued, intermediate=other), clock())
    assert "the intermediate has not issued" in fault(replace(issued, intermediate=issued.root), clock())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pass_type": "com.example.app"}, "for no pass type"),
        ({"pass_type": ""}, "for no pass type"),
        ({"team": ""}, "names no team"),
    ],
)
def test_a_certificate_for_something_else_is_refused(
    tmp_path: Path, clock: TurnableClock, changes: dict[str, str], words: str
) -> None:
    assert words in fault(issue_pass_certificate(tmp_path, **changes), clock())  # type: ignore[arg-type]


def test_what_is_not_valid_today_is_refused_with_its_days(issued: Issued) -> None:
    read_pass_certificate(issued.certificate, issued.key, issued.intermediate, None, BEGINS)
    for moment in (BEGINS - timedelta(seconds=1), ENDS):
        assert "valid from 2026-01-01 to 2099-01-01, not today" in fault(issued, moment)


def test_files_of_another_kind_and_wrong_passwords_are_named(
    tmp_path: Path, issued: Issued, clock: TurnableClock
) -> None:
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"-----BEGIN NONSENSE-----\n")
    for field in ("certificate", "key", "intermediate"):
        assert str(nonsense) in fault(replace(issued, **{field: nonsense}), clock())
    assert "--password-file" in fault(issued, clock(), password=PASSWORD.encode())
    sealed = replace(issued, certificate=issued.bundle)
    assert "wrong password" in fault(sealed, clock(), password=b"another")
    assert "wrong password" in fault(sealed, clock())
    with pytest.raises(BadPassCertificate, match="name the key too"):
        read_pass_certificate(issued.certificate, None, issued.intermediate, None, clock())
    with pytest.raises(FileNotFoundError):
        read_pass_certificate(tmp_path / "none.cer", issued.key, issued.intermediate, None, clock())
