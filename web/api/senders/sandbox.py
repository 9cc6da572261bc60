"""Test parcels move by themselves, so that a sender's system sees every event without a device."""

from __future__ import annotations

from flask import Blueprint

from codes.delivering import sandbox
from codes.delivering.sandbox import Move
from web.api.answers import ParcelAnswer
from web.api.operations import operation
from web.api.senders.parcels import answer_of, found, stored_reference
from web.http.access import for_sender, this_sender
from web.http.problems import Problem
from web.services import services

blueprint = Blueprint("api_sandbox", __name__, url_prefix="/api/v1/sandbox/parcels")


@blueprint.post("/<path:reference>/<move>")
@for_sender
@operation({200: ParcelAnswer}, 404, 409, 429)
def move(reference: str, move: str) -> ParcelAnswer:
    """Let something happen to a test parcel, as a driver, a recipient or a device would do it."""
    if not this_sender().test:
        raise Problem(403, "test-key-needed", "only a test key moves parcels, and only test parcels")
    if move not in set(Move):
        raise Problem(404, "unknown-move", f"the last part of the address is one of: {', '.join(Move)}")
    services().codes.write(sandbox.move, stored_reference(reference), Move(move))
    return services().codes.read(answer_of, found(reference))
