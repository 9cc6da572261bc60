"""Senders renew codes, block and end parcels, and report losses. What a code is, they are never told."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.delivering import visits
from codes.delivering.ending import end
from codes.life import blocking
from codes.life.blocking import Blocker, Part
from codes.model import Ending, ReportKind
from codes.recipients import code_requests
from codes.recipients.code_requests import Asker
from codes.store.budgets import TooOften
from web.api.answers import ParcelAnswer
from web.api.operations import operation
from web.api.requests import ReportBody, body_as
from web.api.senders.parcels import answer_of, found, stored_reference
from web.http.access import for_sender, this_sender
from web.services import services

blueprint = Blueprint("api_codes", __name__, url_prefix="/api/v1/parcels")

BY_SENDER = "sender"


@blueprint.post("/<path:reference>/code/renew")
@for_sender
@operation({204: None}, 404, 409, 429)
def renew(reference: str) -> ResponseReturnValue:
    """Send the recipient a new code; the old one is dead at once."""
    enough = services().codes.write(code_requests.renew, found(reference).holder_id, Asker.SENDER)
    if not enough:
        raise TooOften("this code was renewed too often today")
    return "", 204


@blueprint.post("/<path:reference>/block")
@for_sender
@operation({204: None}, 404, 409)
def block(reference: str) -> ResponseReturnValue:
    """Let nobody receive the parcel, whatever code they have, until it is unblocked; again changes nothing."""
    services().codes.write(blocking.block, found(reference).parcel_id, _this_key())
    return "", 204


@blueprint.post("/<path:reference>/unblock")
@for_sender
@operation({204: None}, 404, 409, 429)
def unblock(reference: str) -> ResponseReturnValue:
    """Let the parcel go again, with the code that it has; what the office blocked the office unblocks."""
    services().codes.write(blocking.unblock, found(reference).parcel_id, _this_key())
    return "", 204


@blueprint.post("/<path:reference>/cancel")
@for_sender
@operation({200: ParcelAnswer}, 404, 409)
def cancel(reference: str) -> ParcelAnswer:
    """Cancel a parcel for good: its code opens nothing more, and its recipient is told; again changes nothing."""
    return _ended(reference, Ending.CANCELLED)


@blueprint.post("/<path:reference>/returned")
@for_sender
@operation({200: ParcelAnswer}, 404, 409)
def returned(reference: str) -> ParcelAnswer:
    """Record for good that a parcel went back to its sender: nobody receives it, and its recipient is told."""
    return _ended(reference, Ending.RETURNED)


@blueprint.post("/<path:reference>/delivered-elsewhere")
@for_sender
@operation({200: ParcelAnswer}, 404, 409)
def delivered_elsewhere(reference: str) -> ParcelAnswer:
    """Record for good that a parcel was delivered without its code: that opens nothing more, its recipient is told."""
    return _ended(reference, Ending.DELIVERED_ELSEWHERE)


@blueprint.post("/<path:reference>/reports")
@for_sender
@operation({204: None}, 404, 429, body=ReportBody)
def report(reference: str) -> ResponseReturnValue:
    """Record that the parcel was lost, not received, or opened; the policy may heed it for later parcels."""
    kind = ReportKind(body_as(ReportBody).kind)
    enough = services().codes.write(visits.report, stored_reference(reference), kind, BY_SENDER)
    if not enough:
        raise TooOften("this parcel was reported too often today; this report is only counted")
    return "", 204


def _ended(reference: str, ending: Ending) -> ParcelAnswer:
    services().codes.write(end, found(reference).parcel_id, ending, _this_key())
    return services().codes.read(answer_of, found(reference))


def _this_key() -> Blocker:
    return Blocker(Part.SENDER, this_sender().key_id)
