"""The pictures of a holder's code, for the ticket page, paper and the phone's own album."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from codes.recipients.tickets import ShownCode
from codes.values.symbols import code128_png, keepsake_png, qr_png
from web.http.access import by_address
from web.recipient.own_ticket import code_at

blueprint = Blueprint("ticket_pictures", __name__, url_prefix="/t/<key>")
SYMBOL_PIXELS = 20
BAR_PIXELS = 6
"""Printers and screens draw modules of a size of their own; from many pixels each comes out even."""


@blueprint.get("/symbol.png")
@by_address
def symbol(key: str) -> ResponseReturnValue:
    """Draw the code as QR symbol."""
    return _picture(qr_png(_code(key).payload, module_pixels=SYMBOL_PIXELS))


@blueprint.get("/picture.png")
@by_address
def picture(key: str) -> ResponseReturnValue:
    """Draw symbol and digits as one picture, to be kept where there is no reception."""
    code = _code(key)
    return _picture(keepsake_png(code.payload, code.digits))


@blueprint.get("/code128.png")
@by_address
def code128(key: str) -> ResponseReturnValue:
    """Draw the code as bars for laser scanners."""
    return _picture(code128_png(_code(key).payload, module_pixels=BAR_PIXELS, height_pixels=60 * BAR_PIXELS))


def _code(key: str) -> ShownCode:
    """A page names the code it was made for, so that no other one is ever shown beside its digits."""
    return code_at(key, request.args.get("code"))


def _picture(png: bytes) -> Response:
    return Response(png, mimetype="image/png")
