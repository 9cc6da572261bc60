"""Every command reads the file beside the settings that the service reads, and none works with a store of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import yaml

from tests.parts.running_service import settings_for
from web.commands.checks.around import check_environment
from web.commands.checks.store import check_store
from web.commands.environment import read_environment
from web.commands.opening import carry_out, now
from web.commands.store import keys
from web.configuration import DATABASE_URL, BadConfiguration, load_settings


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that name no database."""
    monkeypatch.setenv(DATABASE_URL, "")
    monkeypatch.delenv(DATABASE_URL)
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(settings_for(tmp_path)), encoding="utf-8")
    return path


def test_a_command_without_the_services_environment_makes_no_store_of_its_own(
    config: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show = argparse.Namespace(config=config, action="show")
    environment = config.with_name("environment")
    environment.write_text(f'# As the units have it.\n\n{DATABASE_URL}="{postgres_url}"\n', encoding="utf-8")
    assert carry_out(keys, show) == 0
    found, *_ = check_environment(config, load_settings(config), [])
    assert f"{environment} beside it" in found.words

    environment.unlink()
    monkeypatch.delenv(DATABASE_URL)
    capsys.readouterr()
    assert carry_out(keys, show) == 2
    told = capsys.readouterr().err
    assert "belongs to another database" in told
    assert "set database_url or DOORCODE_DATABASE_URL as the service has it" in told
    settings = load_settings(config)
    assert not (settings.data_folder / "doorcode.db").exists()
    [missing] = [each for each in check_store(settings.store_url(), settings.secrets_folder, now()) if each.mend]
    assert "belongs to another database" in missing.words


def test_what_is_set_already_stays_and_a_torn_line_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = config.with_name("environment")
    monkeypatch.setenv(DATABASE_URL, "postgresql://first/doorcode")
    environment.write_text(f"{DATABASE_URL}=postgresql://second/doorcode\n", encoding="utf-8")
    read_environment(config)
    assert load_settings(config).store_url() == "postgresql://first/doorcode"
    for torn, words in (
        (f"; no value\n{DATABASE_URL}\n".encode(), "environment:2: write NAME=value"),
        (b"\xef\xbb\xbf# marked\nNAME=a\0b\n", "environment:2: write NAME=value"),
        (b"NAME=\xff\n", "environment: write it in UTF-8"),
        (b"NAME='a\\b'\nNAME=a\\b\n", "environment:2: .* in single quotes"),
        (
            b"DOORCODE_DATABASE_URI=postgresql://third/doorcode\n",
            r"environment:1: .* did you mean DOORCODE_DATABASE_URL\?",
        ),
    ):
        environment.write_bytes(torn)
        with pytest.raises(BadConfiguration, match=words):
            read_environment(config)
