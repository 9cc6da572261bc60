"""Labels of parcels to try the driver's page with: on a second screen, or printed. They show no sign of a code."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from codes.office.parcel_list import Filters, State, list_page
from codes.values.symbols import label_png
from web.http.access import for_staff
from web.office.parcels.parcels import parcel_or_404
from web.services import services

blueprint = Blueprint("labels", __name__, url_prefix="/office/labels")

SHOWN = 12


@blueprint.get("")
@for_staff
def labels() -> ResponseReturnValue:
    """Show labels of parcels that are out for delivery."""
    waiting = services().codes.read(list_page, Filters(state=State.OUT), limit=SHOWN)
    return render_template("office/parcels/labels.html", here="labels.labels", parcels=waiting)


@blueprint.get("/<path:reference>.png")
@for_staff
def label(reference: str) -> ResponseReturnValue:
    """Draw a parcel's number as Code 128."""
    return Response(label_png(parcel_or_404(reference).reference, module_pixels=3), mimetype="image/png")
