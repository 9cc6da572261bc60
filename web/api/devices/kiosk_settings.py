"""A kiosk's settings, which open by a colleague's PIN: out of order by hand, and signing the device off.

Nobody's name stands on a screen in public, so the PIN alone is given. Its tries are counted for the kiosk and not for
the person: whoever types nonsense there locks no colleague out at the counter.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue
from pydantic import StringConstraints

from codes.accounts.devices import revoke_device
from codes.accounts.heartbeats import heartbeats_of, put_device_back, stop_device
from codes.accounts.shifts import PIN_DIGITS, end_shift, every_pin, member_by_pin_alone, start_shift
from codes.accounts.staff import Member
from codes.accounts.throttling import Limit
from codes.model import DeviceKind
from codes.store.transaction import Transaction
from web.api.answers import Answered
from web.api.devices.staff_actions import logged
from web.api.operations import operation
from web.api.requests import Strict, body_as
from web.http.access import DEVICE_COOKIE, even_out_of_order, for_device, this_device
from web.http.limits.guess_limits import DAY, SPAN, charge_tries, give_tries_back
from web.http.problems import Problem
from web.http.shift_guard import working
from web.services import services

blueprint = Blueprint("api_kiosk", __name__, url_prefix="/api/v1/kiosk")

TRIES_PER_QUARTER = 3
TRIES_PER_DAY = 10
"""Few: one PIN alone fits anybody's. The office does from afar what the settings do."""


class UnlockBody(Strict):
    """A colleague's PIN."""

    pin: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{PIN_DIGITS}}}$")]


class OrderBody(Strict):
    """Whether the kiosk is to be out of order."""

    out_of_order: bool


class OrderAnswer(Answered):
    """Whether the kiosk is out of order."""

    out_of_order: bool


@blueprint.post("/settings")
@for_device
@even_out_of_order
@operation({200: OrderAnswer}, 429, body=UnlockBody)
def unlock() -> OrderAnswer:
    """Open the settings by a PIN, until they are closed or nobody moves."""
    kiosk, codes = _this_kiosk(), services().codes
    pin = body_as(UnlockBody).pin
    limits = Limit(f"kiosk {kiosk}", TRIES_PER_QUARTER, SPAN), Limit(f"kiosk {kiosk} today", TRIES_PER_DAY, DAY)
    charge_tries(*limits)
    member = member_by_pin_alone(codes.read(every_pin), pin)
    if member is None or not member.tasks:
        raise Problem(403, "bad-pin", "this opens nothing here; try again")
    give_tries_back(*limits)
    with logged(member, "kiosk.settings", this_device().name):
        codes.write(start_shift, kiosk, member)
    return OrderAnswer(out_of_order=codes.read(heartbeats_of, [kiosk])[kiosk].out_of_order_at is not None)


@blueprint.delete("/settings")
@for_device
@even_out_of_order
@operation({204: None})
def lock() -> ResponseReturnValue:
    """Close the settings."""
    services().codes.write(end_shift, _this_kiosk())
    return "", 204


@blueprint.put("/order")
@for_device
@even_out_of_order
@operation({200: OrderAnswer}, body=OrderBody)
def order() -> OrderAnswer:
    """Take the kiosk out of order by hand, or put it back."""
    kiosk, codes = _this_kiosk(), services().codes
    stopped, member = body_as(OrderBody).out_of_order, _whoever_opened(kiosk)
    with logged(member, "kiosks.stop" if stopped else "kiosks.put_back", this_device().name):
        codes.write(stop_device if stopped else put_device_back, kiosk, member.staff_id)
    return OrderAnswer(out_of_order=stopped)


@blueprint.delete("")
@for_device
@even_out_of_order
@operation({204: None})
def sign_off() -> ResponseReturnValue:
    """Sign the kiosk off: it presents nothing more until it is enrolled anew."""
    kiosk, codes = _this_kiosk(), services().codes
    member = _whoever_opened(kiosk)
    with logged(member, "kiosk.sign_off", this_device().name, 204):
        codes.write(_sign_off, kiosk)
    response = make_response("", 204)
    response.delete_cookie(DEVICE_COOKIE)
    return response


def _sign_off(t: Transaction, kiosk: UUID) -> None:
    end_shift(t, kiosk)
    revoke_device(t, kiosk)


def _this_kiosk() -> UUID:
    device = this_device()
    if device.kind is not DeviceKind.KIOSK:
        raise Problem(403, "not-a-kiosk", "only a kiosk's device has these settings")
    return device.device_id


def _whoever_opened(kiosk: UUID) -> Member:
    member = working(kiosk)
    if member is None:
        raise Problem(403, "settings-closed", "open the settings by a PIN first")
    return member
