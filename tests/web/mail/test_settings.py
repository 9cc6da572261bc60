"""The section `mail` of the settings, and its one secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from tests.parts.running_service import HOME, settings_for
from web.configuration import load_settings
from web.mail.settings import PASSWORD_VARIABLE, MailSettings, SmtpSettings
from web.secret_files import SecretUnreadable

AUTHORITY = HOME / "tests" / "parts" / "servers" / "authority.pem"
SMTP = {"host": "smtp.example.org", "port": 587, "user": "codes"}


def test_the_password_comes_from_the_environment_or_else_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    smtp = SmtpSettings.model_validate(SMTP | {"password_file": file})
    assert smtp.password({}) == "from the file"
    assert smtp.password({PASSWORD_VARIABLE: "from the environment"}) == "from the environment"


@pytest.mark.parametrize("file", [None, "missing"])
def test_a_password_that_is_nowhere_is_asked_for(tmp_path: Path, file: str | None) -> None:
    smtp = SmtpSettings.model_validate(SMTP | {"password_file": file and tmp_path / file})
    with pytest.raises(SecretUnreadable, match=r"mail\.smtp\.password_file"):
        smtp.password({})


def test_nobody_signs_in_without_a_user() -> None:
    assert SmtpSettings(host="localhost", port=25).password({PASSWORD_VARIABLE: "unused"}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"security": "none"},  # a password would be readable on its way
        {"security": "ssl"},
        {"port": 0},
        {"port": 65536},
        {"host": ""},
        {"timeout_seconds": 0},
        {"passwort": "secret"},
        {"password": "secret"},  # secrets do not stand in the settings
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SmtpSettings.model_validate(SMTP | wrong)


@pytest.mark.parametrize(
    "address", ["", "codes", "codes@", "@example.org", "a b@example.org", "codes@example.org\nBcc: x"]
)
def test_a_sender_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        MailSettings(sender_name="Paketdienst", sender_address=address)


def test_paths_count_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    smtp = SMTP | {"password_file": "secrets/smtp", "ca_file": str(AUTHORITY)}
    config.write_text(yaml.safe_dump(settings_for(tmp_path, mail={"smtp": smtp})), encoding="utf-8")
    read = load_settings(config).mail.smtp
    assert read is not None
    assert (read.password_file, read.ca_file) == (tmp_path / "secrets" / "smtp", AUTHORITY)
