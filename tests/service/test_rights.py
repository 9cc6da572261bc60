"""What the service keeps is its owner's alone, whatever the umask of who starts it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from codes.keys.private_files import (
    OtherUser,
    close_to_others,
    is_open_to_others,
    private_file,
    private_folder,
    refuse_other_user,
)
from tests.parts.running_service import HOME, running_service, service_environment, settings_for


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings whose data folder, and the one above it, are not there yet."""
    path = tmp_path / "config.yaml"
    settings = settings_for(tmp_path, data_folder=str(tmp_path / "far" / "var"))
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def run(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody does whose umask takes nothing away."""
    return subprocess.run(
        [sys.executable, str(HOME / "app.py"), "--config", str(config), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=service_environment(),
        preexec_fn=lambda: os.umask(0) and None,
    )


def open_below(folder: Path) -> list[str]:
    return sorted(str(path) for path in (folder, *folder.rglob("*")) if is_open_to_others(path))


def test_nothing_that_a_command_makes_is_open_to_others(config: Path, tmp_path: Path) -> None:
    assert run(config, "seal").returncode == 0
    done = run(config, "backup", str(tmp_path / "copies" / "first"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "far" / "var" / "doorcode.db").exists()
    assert open_below(tmp_path / "far") == []
    assert open_below(tmp_path / "copies") == []


def test_nothing_that_the_running_service_makes_is_open_to_others(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with running_service(tmp_path, sealing={"folder": str(tmp_path / "published")}) as service:
            assert (tmp_path / "var" / "doorcode.db-wal").exists()
            assert open_below(tmp_path / "var") == []
            service.run("seal")
            assert open_below(tmp_path / "var") == []
    finally:
        os.umask(before)


def test_what_stood_open_is_named_by_the_check_and_closed_by_the_next_command(config: Path, tmp_path: Path) -> None:
    run(config, "seal")
    var = tmp_path / "far" / "var"
    store, ring = var / "doorcode.db", var / "secrets" / "keyring.json"
    for path, mode in ((store, 0o644), (ring, 0o640), (var, 0o755)):
        path.chmod(mode)
        told = run(config, "check").stdout
        assert f"chmod go-rwx {path}" in told or f"chmod 600 {path}" in told
    assert stat.S_IMODE(store.stat().st_mode) == 0o644, "the check has changed something"
    assert run(config, "seal").returncode == 0
    assert open_below(var) == []


def test_a_file_of_another_user_that_stands_open_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "doorcode.db"
    path.write_text("")
    path.chmod(0o644)
    script = f"""
import os
from pathlib import Path
from codes.keys.private_files import TooOpen, close_to_others
os.setuid(65534)
try:
    close_to_others([Path({str(path)!r})])
except TooOpen as error:
    print(error)
"""
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path("/dev/shm") or folder == Path("/tmp"):
            break
        folder.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=HOME, check=False)
    if os.getuid() == 0:
        assert f"chmod go-rwx {path}" in done.stdout, done.stderr
    else:
        assert "PermissionError" in done.stderr


def test_root_leaves_no_files_in_the_folder_of_the_services_user(tmp_path: Path) -> None:
    """A key ring that root had written would be one that the service cannot read."""
    if os.getuid() == 0:
        os.chown(tmp_path, 54321, 54321)
    owner = "#54321" if os.getuid() == 0 else tmp_path.owner()
    with pytest.raises(OtherUser, match=f"run this as that user, with runuser -u {owner} --"):
        refuse_other_user(tmp_path, user=0)
    refuse_other_user(tmp_path, user=54321)
    refuse_other_user(tmp_path / "not there yet", user=0)


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_folders_and_files_are_private_at_every_umask(tmp_path: Path, umask: int) -> None:
    def made(make: Callable[[Path], None], path: Path) -> int:
        before = os.umask(umask)
        try:
            make(path)
        finally:
            os.umask(before)
        return stat.S_IMODE(path.stat().st_mode)

    assert made(private_folder, tmp_path / "a" / "b") == 0o700
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert made(private_file, tmp_path / "a" / "file") == 0o600
    (tmp_path / "a" / "file").write_text("kept")
    private_file(tmp_path / "a" / "file")
    assert (tmp_path / "a" / "file").read_text() == "kept"
    close_to_others([tmp_path / "nowhere"])
