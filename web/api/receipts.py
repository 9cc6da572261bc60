"""Where the gateway for text messages calls back. Open to all, because each text has an address that only it knows."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, abort, request

from codes.recipients.receipts import knows_receipt, take_receipt
from web.api.answers import AnyDocument
from web.api.operations import operation
from web.http.access import by_address
from web.http.problems import Problem
from web.outside_json import within
from web.services import services

blueprint = Blueprint("api_receipts", __name__, url_prefix="/api/v1/receipts")


@blueprint.get("/<uuid:message_id>/<receipt_key>")
@by_address
@operation({204: None}, 404, 422)
def take_from_address(message_id: UUID, receipt_key: str) -> tuple[str, int]:
    """Take what became of a text from the address that a gateway calls."""
    return _take(message_id, receipt_key)


@blueprint.post("/<uuid:message_id>/<receipt_key>")
@by_address
@operation({204: None}, 404, 422, body=AnyDocument)
def take(message_id: UUID, receipt_key: str) -> tuple[str, int]:
    """Take what became of a text from what a gateway sends: a form or JSON."""
    return _take(message_id, receipt_key)


def _take(message_id: UUID, receipt_key: str) -> tuple[str, int]:
    gateway = services().mail.gateway
    receipts = gateway.receipts if gateway else None
    if receipts is None or not services().codes.read(knows_receipt, message_id, receipt_key):
        abort(404)
    status = _told(receipts.status)
    if status is None:
        raise Problem(422, "invalid-request", f"nothing is told by the name {receipts.status}")
    # Whatever else a gateway tells, such as that a text is queued, is no end.
    if status in (*receipts.delivered, *receipts.failed):
        services().codes.write(take_receipt, message_id, status, delivered=status in receipts.delivered)
    return "", 204


def _told(name: str) -> str | None:
    """Return what is told by a name, as a form, in the address, or in JSON, where dots lead inwards."""
    plain = request.values.get(name)
    if plain is not None:
        return plain
    try:
        found = within(json.loads(request.get_data()), name)
    except (ValueError, RecursionError):
        return None
    return str(found) if isinstance(found, str | int) else None
