"""What is shipped for running it elsewhere fits the code: names, commands, settings."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.parts.running_service import HOME
from web.configuration import load_settings

DEPLOY = HOME / "deploy"


def commands_of_app(text: str) -> set[str]:
    """Return the first words after `app.py`."""
    return set(re.findall(r"app\.py ([a-z-]+)", text))


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is_and_stops_cleanly(unit: Path) -> None:
    from web.commands.table import COMMANDS

    lines = unit.read_text(encoding="utf-8")
    assert commands_of_app(lines) <= set(COMMANDS)
    for needed in (
        "Restart=always",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ExecReload=/bin/kill -HUP $MAINPID",
    ):
        assert needed in lines
    # `run` looks for the addresses of this machine, which systemd hides from who has no such sockets.
    assert ("AF_NETLINK" in lines) == ("app.py run" in lines)


@pytest.mark.parametrize("unit", sorted(DEPLOY.rglob("*.service")), ids=lambda path: path.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    """The programs that it starts are elsewhere on this machine, or not there; everything else is as it is shipped."""
    text = re.sub(r"^(Exec\w+=)(?:/opt|/usr)\S+", r"\1/bin/true", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
    # systemd takes a file's name for the unit's; one of a template needs an instance.
    tried = tmp_path / unit.name.replace("@.", "@8081.")
    tried.write_text(text.replace("Documentation=file:///opt/doorcode", f"Documentation=file://{HOME}"))
    done = subprocess.run(["systemd-analyze", "verify", tried], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("unit", sorted(DEPLOY.rglob("doorcode*[!n].service")), ids=lambda path: path.name)
def test_a_unit_leaves_little_to_whoever_breaks_in(unit: Path) -> None:
    """Of an exposure of 10 that systemd counts; the kiosk's screen is a person's session, and is left out."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_image_ends_without_what_built_it_and_runs_as_a_user() -> None:
    begun, ended = (DEPLOY / "Containerfile").read_text(encoding="utf-8").split("\nFROM ${BASE}\n")
    installed = re.findall(r"apt-get install \S+ \S+ (.*)\\", ended)[0].split()
    assert " npm " in begun
    assert installed == ["ca-certificates", "fonts-dejavu-core", "fonts-noto-core", "libzbar0", "python3"]
    assert re.findall(r"^(?:USER|HEALTHCHECK|ENTRYPOINT)", ended, re.MULTILINE) == ["USER", "HEALTHCHECK", "ENTRYPOINT"]
    with_windows = re.search(r"^opencv-python==(\S+)", (HOME / "requirements.txt").read_text(), re.MULTILINE)
    assert with_windows is not None
    assert f"\nopencv-python-headless=={with_windows[1]} " in (DEPLOY / "requirements-headless.txt").read_text()


@pytest.mark.parametrize("name", ["compose.one.yaml", "compose.several.yaml"])
def test_a_compose_file_names_images_commands_and_files_that_there_are(name: str) -> None:
    from web.commands.table import COMMANDS

    document: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    for service in document["services"].values():
        assert set(service.get("command", ["run"])[:1]) <= set(COMMANDS)
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()
        for secret in service.get("secrets", ()):
            assert secret in document["secrets"]
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        assert all((HOME / path).exists() for path in copied.split())


def test_the_preparation_makes_settings_that_load_and_a_password_nobody_else_reads(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    shutil.copy(HOME / "config.yaml", tmp_path)
    for wrong in ("parcels.example.com", "https://parcels.example.com/", "https://a|b"):
        refused = subprocess.run([str(tmp_path / "deploy" / "prepare.sh"), wrong], capture_output=True, check=False)
        assert (refused.returncode, b"write it as in https://" in refused.stderr) == (2, True)
    assert not (tmp_path / "deploy" / "secrets").exists()
    command = [str(tmp_path / "deploy" / "prepare.sh"), "https://parcels.example.com"]
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True)
    server = load_settings(tmp_path / "deploy" / "config.several.yaml").server
    assert (server.public_url, server.trusted_proxies, server.https_port) == ("https://parcels.example.com", 1, 0)
    conf = (tmp_path / "deploy" / "nginx" / "doorcode.compose.conf").read_text(encoding="utf-8")
    assert re.findall(r"server (web-\d:8080)", conf) == ["web-1:8080", "web-2:8080", "web-3:8080"]
    assert "server_name parcels.example.com;" in conf
    password = tmp_path / "deploy" / "secrets" / "database-password"
    assert password.stat().st_mode & 0o077 == 0
    assert password.read_text() in (tmp_path / "deploy" / "secrets" / "pgpass").read_text()
