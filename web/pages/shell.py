"""The driver's page as a set of files that a phone keeps: their list, their version, and the worker that keeps them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from web.access import public
from web.pages.vendor import INSTALLED, SERVED

blueprint = Blueprint("shell", __name__)

WEB = Path(__file__).parents[1]
STATIC = WEB / "static"
PAGE = "/driver"
KEPT = (
    *(f"css/{name}.css" for name in ("base", "handing", "verdict", "sheet", "practice", "driver")),
    *("js/driver.js", "js/lib/*.js"),
    *("icons.svg", "favicon.svg", "driver.webmanifest", "locales/*.json"),
)
TEMPLATES = ("base.html", "handing.html", "parts/marks.html")


@cache
def shell_files() -> dict[str, Path]:
    """Return what the driver's page loads, by address."""
    own = {path for pattern in KEPT for path in STATIC.glob(pattern)}
    files = {f"/static/{path.relative_to(STATIC).as_posix()}": path for path in sorted(own)}
    vendor = {f"/static/vendor/zxing-wasm/{name}": INSTALLED / name for name in SERVED}
    return files | {address: path for address, path in vendor.items() if path.is_file()}


@cache
def shell_version() -> str:
    """Return what changes whenever one of the files, or the page around them, does."""
    digest = hashlib.sha256()
    for path in (*shell_files().values(), *(WEB / "templates" / name for name in TEMPLATES), _worker()):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@blueprint.get("/driver-worker.js")
@public
def worker() -> ResponseReturnValue:
    """Send the worker with its list; asked anew each time, so that a phone learns of a new version."""
    shell = {"version": shell_version(), "page": PAGE, "files": list(shell_files())}
    text = f"self.SHELL = {json.dumps(shell)};\n{_worker().read_text(encoding='utf-8')}"
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@blueprint.get("/ticket-worker.js")
@public
def ticket_worker() -> ResponseReturnValue:
    """Send the worker that a ticket page registers for its own address alone."""
    text = (STATIC / "js" / "ticket-worker.js").read_text(encoding="utf-8")
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


def _worker() -> Path:
    return STATIC / "js" / "driver-worker.js"
