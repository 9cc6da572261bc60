"""The parcel that an address of the office names."""

from __future__ import annotations

from flask import abort

from codes.identifiers import BadReference
from codes.parcels import ParcelRecord
from web.parts import parts


def parcel_or_404(reference: str) -> ParcelRecord:
    """Return the parcel with this number; else the request ends in 404."""
    try:
        return parts().codes.parcel(reference) or abort(404)
    except BadReference:
        abort(404)
