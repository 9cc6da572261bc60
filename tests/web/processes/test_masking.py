"""No secret of an address is written where people read: in the log, by commands, or by checks."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from codes.store.store_url import EXAMPLE, BadStoreUrl, parse_store_url
from tests.parts.running_service import HOME, service_environment, settings_for
from web.commands.checks.finding import missing, ok, warn
from web.commands.failures import told
from web.configuration import BadConfiguration
from web.processes.logs import JsonLines, TextLines
from web.processes.masking import masked

CASES = json.loads(Path("tests/cases/masking.json").read_text(encoding="utf-8"))
SECRET = "geheim"
EVERY = pytest.mark.parametrize(("text", "expected"), CASES)


@EVERY
def test_an_address_keeps_what_helps_and_loses_its_secret(text: str, expected: str) -> None:
    assert masked(text) == expected
    assert masked(expected) == expected


@EVERY
def test_logs_failures_and_findings_write_no_secret(text: str, expected: str) -> None:
    record = logging.LogRecord("doorcode", logging.ERROR, "x.py", 1, "at %s", (text,), None)
    record.told = {"address": text}
    said = json.loads(JsonLines().format(record))
    assert (said["said"], said["address"]) == (masked(f"at {text}"), expected)
    assert masked(f"at {text}") in TextLines().format(record)
    assert told(BadConfiguration(text)) == expected
    assert [each.words for each in (ok("x", text), warn("x", text, text), missing("x", text, text))] == [expected] * 3
    assert missing("x", text, text).mend == expected


def test_what_is_to_be_written_instead_is_shown_whole() -> None:
    with pytest.raises(BadStoreUrl) as torn:
        parse_store_url("doorcode:geheim@127.0.0.1/doorcode")
    assert EXAMPLE in told(torn.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://doorcode:geheim@127.0.0.1:1/doorcode",
        "postgresql+psycopg://doorcode:ge%40heim@127.0.0.1:1/x?connect_timeout=1&application_name=geheim",
        "postgres://doorcode:geheim@127.0.0.1:1/doorcode",
        "doorcode:geheim@127.0.0.1/doorcode",
    ],
)
def test_commands_that_find_no_database_do_not_tell_its_password(tmp_path: Path, address: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings_for(tmp_path, database_url=address)), encoding="utf-8")
    for command in (["check"], ["seal"], ["audit"]):
        arguments = [sys.executable, str(HOME / "app.py"), "--config", str(config), *command]
        done = subprocess.run(arguments, capture_output=True, text=True, env=service_environment(), check=False)
        assert done.returncode != 0
        assert "heim" not in done.stdout + done.stderr, command


@pytest.mark.slow
def test_a_kiosk_does_not_tell_the_password_of_a_camera_that_is_not_there(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings_for(tmp_path)), encoding="utf-8")
    camera = "rtsp://admin:ge%40heim@127.0.0.1:1/stream?key=geheim"
    script = f"from scanner.capture.cameras import open_camera; open_camera({camera!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=HOME, check=False)
    # What OpenCV writes by itself goes past every log; the exception is told by the kiosk's log, which masks it.
    by_itself = done.stderr.partition("Traceback")[0]
    assert "heim" not in by_itself
    assert "NoSuchCamera" in done.stderr
