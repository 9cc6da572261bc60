"""Start a real Chromium for one person, with or without a camera that plays a film."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PATIENCE_MS = 90_000
"""How long a busy machine may take before a page counts as stuck."""
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def launched(playwright: Playwright, *flags: str) -> Iterator[Browser]:
    """Start a Chromium, and end it when the block ends."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *flags])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def opened(
    playwright: Playwright,
    *,
    film: Path | None = None,
    size: Mapping[str, int],
    locale: str = "de-DE",
    scripts: bool = True,
    touch: bool = False,
    flags: Sequence[str] = (),
    permissions: Sequence[str] = (),
    shared: Browser | None = None,
) -> Iterator[BrowserContext]:
    """Open a profile of its own, in the shared Chromium where that has the camera and flags; it ends with the block."""
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    needed = (*(camera if film else ()), *flags)
    with nullcontext(shared) if shared and not needed else launched(playwright, *needed) as browser:
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale=locale,
            permissions=["camera", *permissions] if film else list(permissions),
            java_script_enabled=scripts,
            has_touch=touch,
            is_mobile=touch,
        )
        context.set_default_timeout(PATIENCE_MS)
        with closing(context):
            yield context
