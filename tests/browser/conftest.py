"""A real Chromium, a camera that plays a film, and the service with a real mail road."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from tests.browser.people import PHONE, Letter, OpenBrowser, sample_letter
from tests.parts.running_service import RunningService, running_service
from tests.parts.smtp_server import SmtpServer

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright without a browser of its own."""
    with sync_playwright() as running:
        yield running


@pytest.fixture
def open_browser(playwright: Playwright) -> OpenBrowser:
    """Open a browser of one person, a phone unless said otherwise, with or without a camera."""

    @contextmanager
    def opened(
        *, film: Path | None = None, size: dict[str, int] = PHONE, locale: str = "de-DE"
    ) -> Iterator[BrowserContext]:
        camera = (
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        )
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *(camera if film else ())])
        try:
            context = browser.new_context(
                viewport={"width": size["width"], "height": size["height"]},
                locale=locale,
                permissions=["camera"] if film else [],
            )
            yield context
        finally:
            browser.close()

    return opened


@pytest.fixture
def mailing_service(tmp_path: Path, smtp_server: SmtpServer) -> Iterator[RunningService]:
    """The whole service without sample data, its mails sent to the test's SMTP server."""
    smtp = {"host": smtp_server.host, "port": smtp_server.port, "security": "none"}
    with running_service(tmp_path, mail={"smtp": smtp}) as running:
        yield running


@pytest.fixture
def sample(service: RunningService) -> Letter:
    """What the recipient of the sample parcel SAMPLE0002 got by mail."""
    return sample_letter(service, "SAMPLE0002")
