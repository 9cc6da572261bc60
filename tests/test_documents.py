"""The documents say what is so: their commands run, their links lead somewhere, every setting is explained."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from codes import tables
from codes.values.payload import parse_payload
from tests.parts.running_service import HOME, settings_for
from web.configuration import Settings

DOCUMENTS = sorted(path.relative_to(HOME).as_posix() for path in [*HOME.glob("*.md"), *(HOME / "docs").rglob("*.md")])
COMMAND = ".venv/bin/python app.py "
# These run until they are stopped; that they start is shown elsewhere.
LASTING = ("run", "web", "worker", "kiosk")


def shell_lines(document: str) -> Iterator[str]:
    text = (HOME / document).read_text(encoding="utf-8")
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if command := line.split("  #")[0].strip():
                yield command


COMMANDS = [command for document in DOCUMENTS for command in shell_lines(document)]


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_make_knows_each_target_in_the_documents(command: str) -> None:
    done = subprocess.run(["make", "--dry-run", *shlex.split(command)[1:]], cwd=HOME, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith(COMMAND)])
def test_each_command_in_the_documents_works(command: str, tmp_path: Path) -> None:
    """What a command puts into the service's folder goes into one of the test's; a backup is made before a restore."""
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings_for(tmp_path)), encoding="utf-8")
    arguments = shlex.split(command.removeprefix(COMMAND).replace(" var/", f" {tmp_path}/"))
    if arguments[0] in LASTING:
        arguments.append("--help")
    if arguments[0] == "restore":
        run(config, "backup", *arguments[1:])
    assert run(config, *arguments)


def run(config: Path, *arguments: str) -> str:
    line = [sys.executable, "app.py", "--config", str(config), *arguments]
    done = subprocess.run(line, cwd=HOME, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_help_lists_every_command_of_make() -> None:
    known = re.search(r"^\.PHONY: (.*)$", (HOME / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    told = subprocess.run(["make", "help"], cwd=HOME, capture_output=True, text=True, check=True).stdout
    assert known is not None
    assert re.findall(r"^  make (\S+) +\S", told, re.MULTILINE) == known[1].split()


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "requirements-failover.txt"])
def test_a_lock_file_has_a_hash_for_everything_and_no_address(lock: str) -> None:
    text = (HOME / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", text[re.search(r"^[a-z]", text, re.MULTILINE).start() :])  # type: ignore[union-attr]
    assert len(entries) >= 20
    assert [
        entry for entry in entries if not re.match(r"[a-z0-9.-]+==[\w.]+ \\\n    --hash=sha256:[0-9a-f]{64}", entry)
    ] == []
    assert "://" not in text


def test_the_documents_hold_no_other_commands() -> None:
    assert len(COMMANDS) >= 9
    assert [command for command in COMMANDS if not command.startswith(("make ", COMMAND))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_for_other_computers_start_files_that_there_are(document: str) -> None:
    text = (HOME / document).read_text(encoding="utf-8")
    for block in re.findall(r"^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for file in re.findall(r"(?:^|\s)(?:\./)?(deploy/[\w/.-]+|setup\.sh)", block):
            assert (HOME / file).is_file(), file


def test_the_readme_begins_with_the_two_commands() -> None:
    assert list(shell_lines("README.md"))[:2] == ["make run", "make test"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_link_and_each_path_in_our_folders_leads_to_a_file(document: str) -> None:
    text = (HOME / document).read_text(encoding="utf-8")
    for target in re.findall(r"(?:\]\(|src=\")([^)\"#]+)", text):
        assert target.startswith("https://") or ((HOME / document).parent / target).exists(), target
    for path in re.findall(r"`((?:bench|codes|deploy|scanner|tests|web)/[\w./-]+)(?:::\w+)?`", text):
        assert (HOME / path).exists(), path


def test_each_test_named_in_the_threat_model_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (HOME / "docs/threat-model.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    for file, name in named:
        assert f"def {name}(" in (HOME / file).read_text(encoding="utf-8"), f"{file}::{name}"


def test_the_api_document_shows_json_and_a_right_payload() -> None:
    text = (HOME / "docs/api.md").read_text(encoding="utf-8")
    bodies = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]
    (payload,) = [body["payload"] for body in bodies if "payload" in body]
    parse_payload(payload)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    candidates = (annotation, *getattr(annotation, "__args__", ()))
    return [each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel)]


def fields_of(model: type[BaseModel], place: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{place}{name}"
        for inner in models_in(field.annotation):
            yield from fields_of(inner, f"{place}{name}.")


@pytest.mark.parametrize("setting", list(fields_of(Settings)))
def test_each_setting_stands_in_the_shipped_file(setting: str) -> None:
    """As a key, or, where it is left out there, by its name in a comment or another key's value."""
    name = setting.rpartition(".")[2]
    assert re.search(rf"\b{name}\b", (HOME / "config.yaml").read_text(encoding="utf-8"))


def test_each_setting_is_explained_above_it() -> None:
    """A comment explains the keys below it, up to the next blank line or section."""
    unexplained = []
    explained = False
    for line in (HOME / "config.yaml").read_text(encoding="utf-8").splitlines():
        key = re.match(r"\s*([a-z_]+):(\s*)(.*)", line)
        if line.lstrip().startswith("#"):
            explained = True
        elif not line.strip():
            explained = False
        elif key and key[3] and not explained:
            unexplained.append(key[1])
    assert unexplained == []


def test_every_table_is_listed_with_what_bounds_it() -> None:
    chapter = (HOME / "docs/operations.md").read_text(encoding="utf-8").split("## What grows")[1].split("\n## ")[0]
    first_cells = [line.split("|")[1] for line in chapter.splitlines() if line.startswith("| `")]
    listed = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(listed) == sorted(tables.metadata.tables)
