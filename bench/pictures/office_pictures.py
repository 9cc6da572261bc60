"""A picture of every page of the office, on a desk and on a phone, after a sample week that is always the same."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from PIL import Image
from playwright.sync_api import Playwright
from werkzeug.serving import make_server

from codes import DeliveryCodes
from codes.accounts.staff import Role
from scanner.pictures.reader import PictureReader
from tests.parts.browser.chromium import opened
from tests.parts.browser.office_pages import furnish_office, pages_of
from tests.parts.browser.people import PHONE, sign_in_by
from tests.parts.clock import TurnableClock
from tests.parts.running_service import HOME
from tests.parts.staff import add_member
from web.commands.demo.week import StoryClock, prepare_folder, tell_week
from web.commands.opening import open_codes
from web.commands.progress import Progress
from web.configuration import load_settings
from web.flask_app import create_service
from web.services import Services

DESK, WIDE = {"width": 1280, "height": 800}, {"width": 1920, "height": 1080}
SHOWN_WIDE = frozenset({"today", "parcels", "parcel", "reports"})
LONGEST = 1600
"""So much of a long page is shown."""
THEN = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
PASSWORD = "a sample password"


def office_pages(playwright: Playwright, folder: Path, target: Path) -> None:
    """Take the pictures."""
    with _week(folder) as codes, _served(folder, codes) as address:
        for name, size in (("phone", PHONE), ("desk", DESK), ("wide", WIDE)):
            with opened(playwright, size=size, locale="en-GB") as browser:
                page = browser.new_page()
                sign_in_by(page, address, PASSWORD)
                for page_name, path in pages_of(codes).items():
                    if size is WIDE and page_name not in SHOWN_WIDE:
                        continue
                    page.goto(address + path)
                    page.wait_for_load_state("networkidle")
                    taken = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
                    shown = taken.crop((0, 0, taken.width, min(taken.height, LONGEST)))
                    shown.save(target / f"office-{page_name}-{name}.webp", quality=60, method=6)
                    print(f"office-{page_name}-{name}")


@contextmanager
def _week(folder: Path) -> Iterator[DeliveryCodes]:
    settings = load_settings(prepare_folder(HOME / "config.yaml", folder / "week"))
    clock = StoryClock(THEN)
    story = open_codes(settings, clock)
    tell_week(story, clock, Progress("days", Event()))
    add_member(story, "admin", PASSWORD, Role.ADMIN)
    story.close()
    stopped = TurnableClock(THEN)
    codes = open_codes(settings, stopped)
    furnish_office(codes, stopped)
    try:
        yield codes
    finally:
        codes.close()


@contextmanager
def _served(folder: Path, codes: DeliveryCodes) -> Iterator[str]:
    settings = load_settings(folder / "week" / "config.yaml")
    with PictureReader(children=1) as reader:
        # As if it had an address of its own: what the pages show of it shall not change with each picture.
        address = "https://parcels.example.org"
        services = Services(codes, settings.server, settings.mail, settings.scanner, lambda: reader, address, demo=True)
        server = make_server("127.0.0.1", 0, create_service(services), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.port}"
        finally:
            server.shutdown()
            thread.join()
