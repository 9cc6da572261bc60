"""What deploy/kiosk lays down makes a kiosk: a real Chromium obeys its policy, and nobody has to allow anything."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Playwright

from tests.parts.browser.camera_film import scene, write_film
from tests.parts.browser.chromium import CHROMIUM, PATIENCE_MS, QUIET
from tests.parts.running_service import HOME

ETC = Path("/etc/chromium")
TRY_CAMERA = """async () => {
  const permission = (await navigator.permissions.query({ name: "camera" })).state;
  const got = await navigator.mediaDevices.getUserMedia({ video: true }).then(() => "camera", (error) => error.name);
  return [permission, got];
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A page</title>")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def page_at() -> Iterator[str]:
    """Serve an empty page; gives its address, which browsers hold to be secure."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def addresses() -> Iterator[tuple[str, str, str]]:
    """The service, the camera program's page, and somebody else."""
    with page_at() as service, page_at() as program, page_at() as foreign:
        yield service, program, foreign


@pytest.fixture
def kiosk_browser(playwright: Playwright, tmp_path: Path, addresses: tuple[str, str, str]) -> Iterator[Page]:
    """Chromium under the shipped policy, which it finds in its own place in a mount namespace."""
    service, program, _ = addresses
    etc = tmp_path / "etc" / "chromium"
    shutil.copytree(ETC, etc)
    install = [str(HOME / "deploy" / "kiosk" / "install.sh"), service]
    subprocess.run(install, check=True, env={**os.environ, "ROOT": str(tmp_path)})
    policy = etc / "policies" / "managed" / "doorcode.json"
    rules = json.loads(policy.read_text().replace("http://localhost:8090", program))
    # Developer tools are how the test looks in; a kiosk has none.
    assert rules.pop("DeveloperToolsAvailability") == 2
    policy.write_text(json.dumps(rules))
    browser = tmp_path / "chromium"
    browser.write_text(
        f'#!/bin/sh\nexec unshare --user --map-root-user --mount sh -c \'mount --bind "{etc}" {ETC} && exec "$@"\''
        f' sh {CHROMIUM} "$@"\n'
    )
    browser.chmod(0o755)
    film = write_film(tmp_path / "film.y4m", [scene()])
    # A fake camera, but the real question for it.
    camera = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    # The policy forbids private windows, so the browser has a profile as on a kiosk.
    running = playwright.chromium.launch_persistent_context(
        tmp_path / "profile", executable_path=browser, args=[*QUIET, *camera]
    )
    running.set_default_timeout(PATIENCE_MS)
    yield running.pages[0]
    running.close()


def test_the_camera_is_the_services_alone_and_no_other_page_opens(
    kiosk_browser: Page, addresses: tuple[str, str, str]
) -> None:
    service, program, foreign = addresses
    kiosk_browser.goto(service)
    assert kiosk_browser.evaluate(TRY_CAMERA) == ["granted", "camera"]
    kiosk_browser.goto(program)
    assert kiosk_browser.evaluate(TRY_CAMERA) == ["denied", "NotAllowedError"]
    for address in (foreign, "file:///etc/hostname"):
        with pytest.raises(Error, match="ERR_BLOCKED_BY_ADMINISTRATOR"):
            kiosk_browser.goto(address)
    # The browser's own pages take the tab with them when they are refused.
    for address in ("chrome://settings", "chrome://history"):
        page = kiosk_browser.context.new_page()
        with pytest.raises(Error):
            page.goto(address)


def test_what_is_installed_names_the_service_and_keeps_the_camera(tmp_path: Path) -> None:
    command = [str(HOME / "deploy" / "kiosk" / "install.sh"), "https://parcels.example.net/"]
    environment = {**os.environ, "ROOT": str(tmp_path)}
    refused = subprocess.run([command[0], "parcels.example.net"], capture_output=True, check=False, env=environment)
    assert (refused.returncode, b"write it as in https://" in refused.stderr) == (2, True)
    subprocess.run(command, check=True, env=environment)
    settings = tmp_path / "etc" / "doorcode" / "kiosk"
    assert settings.read_text().splitlines() == [
        *("SERVICE=https://parcels.example.net", "CAMERA=/dev/video0", "PAGE=http://localhost:8090/")
    ]
    settings.write_text(settings.read_text().replace("/dev/video0", "rtsp://192.0.2.4/"))
    subprocess.run([*command, "browser"], check=True, env=environment)
    assert "CAMERA=rtsp://192.0.2.4/" in settings.read_text()
    assert "PAGE=https://parcels.example.net/kiosk" in settings.read_text()
    policy = json.loads((tmp_path / "etc/chromium/policies/managed/doorcode.json").read_text())
    assert policy["VideoCaptureAllowedUrls"] == ["https://parcels.example.net"]
    assert policy["URLAllowlist"] == ["https://parcels.example.net", "http://localhost:8090"]
    laid = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    shipped = {path.name for path in (HOME / "deploy" / "kiosk").iterdir()} - {"install.sh", "policy.json"}
    assert laid == shipped | {"doorcode.json", "kiosk"}
    told = (HOME / "docs" / "kiosk.md").read_text()
    assert all(f"/{name}`" in told for name in laid)
