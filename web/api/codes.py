"""Senders renew and withdraw codes and report losses. What a code is, they are never told."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.identifiers import BadReference
from codes.life.issuing import NothingToRenew
from codes.model import ReportKind
from codes.parcels import UnknownParcel
from web.access import for_sender
from web.api.parcels import found, stored_reference
from web.api.requests import ReportBody, body_as
from web.parts import parts
from web.problems import Problem

blueprint = Blueprint("api_codes", __name__, url_prefix="/api/v1/parcels")

BY_SENDER = "sender"


@blueprint.post("/<path:reference>/code/renew")
@for_sender
def renew(reference: str) -> ResponseReturnValue:
    """Send the recipient a new code; the old one is dead at once."""
    try:
        parts().codes.renew(found(reference).holder_id, BY_SENDER)
    except NothingToRenew as error:
        raise Problem(409, "nothing-to-renew", str(error)) from error
    return "", 204


@blueprint.post("/<path:reference>/code/revoke")
@for_sender
def revoke(reference: str) -> ResponseReturnValue:
    """Withdraw every live code of the parcel."""
    return {"revoked": parts().codes.revoke(found(reference).reference, BY_SENDER)}


@blueprint.post("/<path:reference>/reports")
@for_sender
def report(reference: str) -> ResponseReturnValue:
    """Record that the parcel was lost, not received, or opened; the policy may heed it for later parcels."""
    kind = ReportKind(body_as(ReportBody).kind)
    try:
        parts().codes.visits.report(stored_reference(reference), kind, BY_SENDER)
    except (UnknownParcel, BadReference) as error:
        raise Problem(404, "unknown-parcel", "no parcel with this reference was announced") from error
    return "", 204
