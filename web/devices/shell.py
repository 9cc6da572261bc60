"""The driver's page as a set of files that a phone keeps: their list, their version, and the worker that keeps them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from web.devices.vendor import INSTALLED, SERVED
from web.http.access import public
from web.http.scripts import SOURCES, joined_scripts
from web.services import services

blueprint = Blueprint("shell", __name__)

WEB = Path(__file__).parents[1]
STATIC = WEB / "static"
PAGE = "/driver"
KEPT = (
    *("css/base/*.css", "css/components/*.css", "css/pages/handing.css", "css/pages/driver.css"),
    *("icons.svg", "favicon.svg", "driver.webmanifest", "locales/*.json"),
)
JOINED_SCRIPTS = ("driver/driver.js", "lib/decoding/decoder-worker.js")
SCRIPTS = ("driver/*.js", "lib/**/*.js")
TEMPLATES = (
    "base.html",
    "devices/handing.html",
    "parts/controls.html",
    "parts/language-choice.html",
    "parts/marks.html",
    "parts/picture.html",
)


@cache
def shell_files() -> dict[str, Path]:
    """Return what the driver's page loads, by address."""
    joined = joined_scripts()
    scripts = _by_address(joined or SOURCES, JOINED_SCRIPTS if joined else SCRIPTS, "/static/js")
    files = _by_address(STATIC, KEPT, "/static") | scripts
    vendor = {f"/static/vendor/zxing-wasm/{name}": INSTALLED / name for name in SERVED}
    return files | {address: path for address, path in vendor.items() if path.is_file()}


def shell_version() -> str:
    """Return what changes whenever one of the files, or the page around them, does."""
    return _version(f"{services().codes.house.zone} {services().codes.house.model_dump_json()}")


@cache
def _version(told_on_page: str) -> str:
    digest = hashlib.sha256()
    digest.update(told_on_page.encode())
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
    text = (STATIC / "js" / "recipient" / "ticket-worker.js").read_text(encoding="utf-8")
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


def _by_address(folder: Path, patterns: tuple[str, ...], address: str) -> dict[str, Path]:
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    return {f"{address}/{path.relative_to(folder).as_posix()}": path for path in paths}


def _worker() -> Path:
    return STATIC / "js" / "driver" / "driver-worker.js"
