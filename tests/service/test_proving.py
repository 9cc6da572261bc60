"""The commands about proofs, as a person meets them: real processes over a real data folder."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.parts.running_service import HOME, settings_for

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A data folder with one parcel in it, and settings that publish checkpoints beside it."""
    settings = settings_for(tmp_path, sealing={"folder": str(tmp_path / "published"), "interval_seconds": 1})
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    told(tmp_path, "issue", "P-1", "--name", "Zerlina Mustermann", "--email", "zerlina@example.org", "--value", "250")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(HOME / "app.py"), "--config", str(folder / "config.yaml"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def told(folder: Path, *arguments: str) -> str:
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_proof_is_checked_elsewhere_with_the_key_alone(house: Path, tmp_path: Path) -> None:
    told(house, "proof", "P-1", "--out", str(tmp_path / "proof.json"))
    (tmp_path / "key.pem").write_text(told(house, "proof-key"))
    check = ("verify-proof", str(tmp_path / "proof.json"), "--key", str(tmp_path / "key.pem"))
    assert "holds. Parcel P-1, grade -" in told(house, *check)
    forged = (tmp_path / "proof.json").read_bytes().replace(b'"high_value"', b'"low_values"')
    (tmp_path / "proof.json").write_bytes(forged)
    done = run(house, *check)
    assert done.returncode == 1
    assert "does NOT hold: event 2 (policy_decided) or the one before it was altered" in done.stdout


def test_an_audit_says_where_something_was_changed(house: Path) -> None:
    told(house, "seal")
    assert "no findings" in told(house, "audit")
    with sqlite3.connect(house / "var" / "doorcode.db") as connection:
        connection.execute("UPDATE consignments SET sender = 'Somebody else'")
    done = run(house, "audit")
    assert done.returncode == 1
    assert "sender is not what the events say" in done.stdout


def test_a_database_put_back_to_an_older_state_fails_against_what_was_published(house: Path) -> None:
    told(house, "seal")
    store = house / "var" / "doorcode.db"
    older = store.read_bytes()
    with running_house(house):
        wait_for(house / "published" / "checkpoint-00000001.json")
        told(house, "issue", "P-2", "--name", "Ada", "--value", "250")
        wait_for(published := house / "published" / "checkpoint-00000002.json")
    assert "no findings" in told(house, "audit", "--against", str(published))
    store.write_bytes(older)
    for suffix in ("-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)
    assert "no findings" in told(house, "audit")
    done = run(house, "audit", "--against", str(published))
    assert done.returncode == 1
    assert "something was taken back" in done.stdout
    assert json.loads(published.read_text())["checkpoint"]["number"] == 2


def test_another_file_under_a_published_number_stops_the_worker_and_the_check_says_so(house: Path) -> None:
    (house / "published").mkdir()
    (house / "published" / "checkpoint-00000001.json").write_text("{}")
    done = run(house, "worker")
    assert done.returncode == 3
    assert "ALARM: checkpoint 1 at folder" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    checked = run(house, "check")
    assert checked.returncode == 1
    assert "missing published: checkpoint 1 at folder" in " ".join(checked.stdout.split())


def test_a_person_is_erased_by_command_and_purging_finds_nothing_more(house: Path) -> None:
    assert "1 persons erased" in told(house, "erase", "--email", "zerlina@example.org")
    assert "0 persons" in told(house, "purge")
    assert b"Zerlina" not in b"".join(path.read_bytes() for path in house.rglob("*") if path.is_file())
    assert "no findings" in told(house, "audit")


def test_what_is_not_there_is_told_in_one_line(house: Path) -> None:
    against = ("audit", "--against", str(house / "config.yaml"))
    for arguments in (("proof", "P-9"), ("erase", "--reference", "P-9"), against):
        done = run(house, *arguments)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr


class running_house:  # noqa: N801  reads as what it does
    """The worker of a house, until the block ends; it stops promptly when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.line = [sys.executable, str(HOME / "app.py"), "--config", str(folder / "config.yaml"), "worker"]

    def __enter__(self) -> None:
        self.process = subprocess.Popen(self.line)

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        assert self.process.wait(10) == 0


def wait_for(path: Path) -> None:
    import time

    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} was never written")
