"""The decoder from npm, served by ourselves: just the files that the pages load, never the whole folder."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, abort, send_file
from flask.typing import ResponseReturnValue

from web.http.access import public

blueprint = Blueprint("vendor", __name__)

INSTALLED = Path(__file__).parents[2] / "node_modules" / "zxing-wasm" / "dist"
SERVED = {
    "es/reader/index.js": "text/javascript",
    "es/share.js": "text/javascript",
    "reader/zxing_reader.wasm": "application/wasm",
}


@blueprint.get("/static/vendor/zxing-wasm/<path:name>")
@public
def zxing(name: str) -> ResponseReturnValue:
    """Send one file of the decoder; where npm was not run there is none, and pages send frames instead."""
    if name not in SERVED or not (INSTALLED / name).is_file():
        abort(404)
    return send_file(INSTALLED / name, mimetype=SERVED[name], max_age=24 * 3600)
