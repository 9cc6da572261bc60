"""Devices enrol themselves by a one-time secret, and ask who they are."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from codes.accounts.devices import BadEnrolment, BadPublicKey
from web.access import DEVICE_COOKIE, for_device, public, set_cookie, this_device
from web.api.requests import EnrolmentBody, SignBody, body_as
from web.parts import parts
from web.problems import Problem

blueprint = Blueprint("api_devices", __name__, url_prefix="/api/v1/devices")

COOKIE_SECONDS = 400 * 24 * 3600
"""The longest that browsers keep a cookie (RFC 6265bis §5.5); a device lives until it is revoked."""


@blueprint.post("")
@public
def enrol() -> ResponseReturnValue:
    """Turn a one-time secret and a new public key into an enrolled device."""
    body = body_as(EnrolmentBody)
    try:
        enrolled = parts().codes.devices.enrol(body.enrolment, body.public_key, body.language)
    except BadEnrolment as error:
        raise Problem(403, "bad-enrolment", str(error)) from error
    except BadPublicKey as error:
        raise Problem(422, "bad-public-key", str(error)) from error
    device = enrolled.device
    response = jsonify(device_id=str(device.device_id), name=device.name, kind=device.kind)
    response.status_code = 201
    set_cookie(response, DEVICE_COOKIE, enrolled.session, COOKIE_SECONDS)
    return response


@blueprint.get("/me")
@for_device
def me() -> ResponseReturnValue:
    """Say which device is asking, and what time it is here."""
    device = this_device()
    return {
        "device_id": str(device.device_id),
        "name": device.name,
        "kind": device.kind,
        "language": device.language,
        "server_time": parts().codes.clock().isoformat(),
    }


@blueprint.post("/me/signs")
@for_device
def give_sign() -> ResponseReturnValue:
    """Take a device's sign of life, and tell it whether it is to be out of order."""
    body = body_as(SignBody)
    stopped = parts().codes.signs.take(this_device().device_id, body.camera, body.waiting)
    return {"out_of_order": stopped, "server_time": parts().codes.clock().isoformat()}
