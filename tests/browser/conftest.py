"""A real Chromium, a camera that plays a film, and the service with a real mail road."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.parts.browser.chromium import launched, opened
from tests.parts.browser.people import PHONE, Letter, OpenBrowser, announce, sample_letter
from tests.parts.running_service import RunningService, running_service
from tests.parts.servers.smtp_server import SmtpServer

# How long a busy machine may take before a page counts as stuck; a quick page is not waited for.
expect.set_options(timeout=60_000)
numbers = count(1)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright without a browser of its own."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium in which everybody without a camera has a profile of their own."""
    with launched(playwright) as browser:
        yield browser


@pytest.fixture
def open_browser(playwright: Playwright, chromium: Browser) -> OpenBrowser:
    """Open a browser of one person, a phone unless said otherwise, with or without a camera."""
    return partial(opened, playwright, size=PHONE, shared=chromium)


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


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service with sample data for all tests that do not mind what others did with its parcels."""
    with running_service(tmp_path_factory.mktemp("house"), "--demo") as running:
        yield running


@pytest.fixture
def fresh(house: RunningService) -> Letter:
    """What the recipient of a parcel that was just announced in the shared house got by mail."""
    reference = f"FRESH{next(numbers):06d}"
    announce(house, reference)
    return sample_letter(house, reference)
