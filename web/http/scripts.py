"""The pages' scripts, each page's joined into one file: on a slow network every file of a chain costs a round trip.

`python -m web.http.scripts` joins them with esbuild, as the set-up does. What was joined from other sources than lie
here now is not served, and neither is anything where esbuild is not installed: pages then load the sources.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from flask import Blueprint, send_from_directory
from flask.typing import ResponseReturnValue

from web.http.access import public

blueprint = Blueprint("scripts", __name__)

STATIC = Path(__file__).parents[1] / "static"
SOURCES = STATIC / "js"
JOINED = STATIC / "joined"
STAMP = "sources.sha256"
ESBUILD = Path(__file__).parents[2] / "node_modules" / ".bin" / "esbuild"
ENTRIES = (
    "counter/counter.js",
    "counter/intake.js",
    "counter/no-code.js",
    "counter/refused.js",
    "counter/scanner.js",
    "counter/second.js",
    "counter/shelves.js",
    "driver/driver.js",
    "driver/enrol.js",
    "kiosk/kiosk.js",
    "lib/decoding/decoder-worker.js",
    "office/drafts.js",
    "office/office.js",
    "office/passkeys.js",
    "recipient/proof-check.js",
    "recipient/ticket.js",
)
"""What a page or a worker names; everything else is imported by one of them."""


@blueprint.get("/static/js/<path:name>")
@public
def script(name: str) -> ResponseReturnValue:
    """Send a script: an entry joined with what it imports, where that was done."""
    return send_from_directory((joined_scripts() if name in ENTRIES else None) or SOURCES, name)


@cache
def joined_scripts() -> Path | None:
    """Return the folder of the joined entries, if they were joined from the sources that lie here now."""
    stamp = JOINED / STAMP
    current = stamp.is_file() and stamp.read_text(encoding="ascii") == _sources_digest()
    return JOINED if current else None


def join() -> None:
    """Join each entry with what it imports, under the entry's own name."""
    shutil.rmtree(JOINED, ignore_errors=True)
    command = [ESBUILD, *(SOURCES / name for name in ENTRIES), "--bundle", "--format=esm", "--target=es2022"]
    where = [f"--outbase={SOURCES}", f"--outdir={JOINED}", "--log-level=warning"]
    subprocess.run([*map(str, command), *where], check=True)
    (JOINED / STAMP).write_text(_sources_digest(), encoding="ascii")


def _sources_digest() -> str:
    digest = hashlib.sha256("\n".join(ENTRIES).encode())
    for path in sorted(SOURCES.rglob("*.js")):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    if not ESBUILD.is_file():
        sys.exit("esbuild is not installed; type: npm ci --omit=dev")
    join()
