"""Devices enrol themselves by a one-time secret, and ask who they are."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from codes.accounts.devices import check_enrolment, enrol_device
from codes.accounts.heartbeats import take_heartbeat
from codes.model import DeviceKind
from codes.pickup.points import keeps_boxes_alone
from web.api.answers import DeviceAnswer, EnrolledAnswer, SignedAnswer
from web.api.operations import operation
from web.api.requests import EnrolmentBody, SignBody, body_as
from web.http.access import DEVICE_COOKIE, even_out_of_order, for_device, public, set_cookie, this_device
from web.services import services

blueprint = Blueprint("api_devices", __name__, url_prefix="/api/v1/devices")

COOKIE_SECONDS = 400 * 24 * 3600
"""The longest that browsers keep a cookie (RFC 6265bis §5.5); a device lives until it is revoked."""


@blueprint.post("")
@public
@operation({201: EnrolledAnswer}, body=EnrolmentBody)
def enrol() -> ResponseReturnValue:
    """Turn a one-time secret and a new public key into an enrolled device."""
    body, codes = body_as(EnrolmentBody), services().codes
    # Strangers who guess have the store read alone: each write keeps the handovers waiting.
    codes.read(check_enrolment, body.enrolment, body.public_key)
    enrolled = codes.write(enrol_device, body.enrolment, body.public_key, body.language)
    device = enrolled.device
    answer = EnrolledAnswer.from_record(device)
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = 201
    set_cookie(response, DEVICE_COOKIE, enrolled.session, COOKIE_SECONDS)
    return response


@blueprint.get("/me")
@for_device
@even_out_of_order
@operation({200: DeviceAnswer})
def me() -> DeviceAnswer:
    """Say which device is asking, and what time it is here."""
    device = this_device()
    return DeviceAnswer.from_record(device, server_time=services().codes.clock())


@blueprint.post("/me/signs")
@for_device
@even_out_of_order
@operation({200: SignedAnswer}, body=SignBody)
def give_sign() -> SignedAnswer:
    """Take a device's sign of life, and tell it how it stands."""
    body = body_as(SignBody)
    device, codes = this_device(), services().codes
    stopped = codes.write(take_heartbeat, device.device_id, body.camera, body.waiting)
    is_kiosk = device.kind is DeviceKind.KIOSK
    boxes = is_kiosk and codes.read(keeps_boxes_alone, device.device_id)
    keypad = is_kiosk and codes.settings.kiosk_keypad
    return SignedAnswer(out_of_order=stopped, boxes=boxes, keypad=keypad, server_time=codes.clock())
