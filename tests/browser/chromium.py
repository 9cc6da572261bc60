"""Start a real Chromium for one person, with or without a camera that plays a film."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def opened(
    playwright: Playwright,
    *,
    film: Path | None = None,
    size: Mapping[str, int],
    locale: str = "de-DE",
    scripts: bool = True,
) -> Iterator[BrowserContext]:
    """Open a browser of its own; it closes when the block ends."""
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *(camera if film else ())])
    try:
        yield browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale=locale,
            permissions=["camera"] if film else [],
            java_script_enabled=scripts,
        )
    finally:
        browser.close()
