"""`pip install .`: the wheel, in an environment of its own, is a service that works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import httpx
import pytest

from tests.parts.running_service import HOME, free_port, service_environment

pytestmark = pytest.mark.slow
STARTS_WITHIN_SECONDS = 120


def quietly(*command: str | Path, folder: Path = HOME) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(command, cwd=folder, env=service_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def doorcode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command. What it needs is found in the environment of the tests, so no network is asked."""
    folder = tmp_path_factory.mktemp("installed")
    quietly(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    quietly(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--quiet",
        wheel,
    )
    site = quietly(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(site, "beside.pth").write_text(sysconfig.get_path("purelib"))
    return python.with_name("doorcode")


def test_the_installed_command_begins_with_its_settings_and_serves_pages_words_and_decoder(
    doorcode: Path, tmp_path: Path
) -> None:
    environment = service_environment()
    unset = subprocess.run([doorcode, "check"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (unset.returncode, b"config.yaml: is not there; the command `settings` prints one" in unset.stderr) == (
        2,
        True,
    )
    (tmp_path / "config.yaml").write_text(quietly(doorcode, "settings", folder=tmp_path))
    port = free_port()
    with subprocess.Popen([doorcode, "web", "--port", str(port)], cwd=tmp_path, env=environment) as process:
        try:
            with httpx.Client(base_url=f"http://localhost:{port}") as client:
                german = answered(client, "/office/sign-in", process)
                assert "Anmelden" in german
                decoder = client.get("/static/vendor/zxing-wasm/reader/zxing_reader.wasm")
                assert decoder.content.startswith(b"\0asm")
        finally:
            process.terminate()
    assert (tmp_path / "var" / "secrets" / "keyring.json").exists()


def test_the_manual_names_the_decoder_in_the_version_that_was_tried() -> None:
    version = json.loads((HOME / "package.json").read_text())["dependencies"]["zxing-wasm"]
    assert f"zxing-wasm@{version}" in (HOME / "docs" / "operations.md").read_text()


def test_the_notices_name_a_licence_and_its_text_of_all_that_a_release_is_made_of() -> None:
    notices = quietly(sys.executable, "deploy/third_party_notices.py")
    rule = "=" * 100
    titles = re.findall(rf"^{rule}\n(.*)\n{rule}\n\n(.*)", notices, re.MULTILINE)
    pins = re.findall(r"^([^\s#=]+)==", (HOME / "requirements.txt").read_text(), re.MULTILINE)
    assert [title.split()[0] for title, _ in titles] == [*pins, "zxing-wasm"]
    assert [title for title, text in titles if title.endswith(": ") or not text] == []


def answered(client: httpx.Client, path: str, process: subprocess.Popen[bytes]) -> str:
    """Return a page as a German reads it, as soon as the service answers."""
    end = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            return client.get(path, headers={"Accept-Language": "de"}, follow_redirects=True).raise_for_status().text
        except httpx.ConnectError:
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < end, "it does not answer"
            time.sleep(0.1)
