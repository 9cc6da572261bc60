"""The depot's poster: the three pictures, and a label and a code to practise with."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from codes.values.symbols import label_png, qr_png
from web.http.access import for_staff

blueprint = Blueprint("posters", __name__, url_prefix="/office/poster")

PRACTICE_LABEL = "PRACTICE"
PRACTICE_PAYLOAD = "7310000000000000000000000000000033"
"""Of our form, and of no parcel: outside of practice it is a wrong code."""


@blueprint.get("")
@for_staff
def poster() -> ResponseReturnValue:
    """Show the poster, to be printed."""
    return render_template("office/house/poster.html", here="devices.listed")


@blueprint.get("/label.png")
@for_staff
def label() -> ResponseReturnValue:
    """Draw the label to practise with."""
    return Response(label_png(PRACTICE_LABEL, module_pixels=4), mimetype="image/png")


@blueprint.get("/code.png")
@for_staff
def code() -> ResponseReturnValue:
    """Draw the code to practise with."""
    return Response(qr_png(PRACTICE_PAYLOAD), mimetype="image/png")
