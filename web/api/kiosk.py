"""A kiosk's settings, which open by a colleague's PIN: out of order by hand, and signing the device off.

Nobody's name stands on a screen in public, so the PIN alone is given. Its tries are counted for the kiosk and not for
the person: whoever types nonsense there locks no colleague out at the counter.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, StringConstraints

from codes.accounts.access import Member
from codes.accounts.shifts import PIN_DIGITS
from codes.model import DeviceKind
from web.access import DEVICE_COOKIE, for_device, this_device
from web.api.requests import Strict, body_as
from web.guessing import charge_try
from web.parts import parts
from web.problems import Problem
from web.staff_actions import logged

blueprint = Blueprint("api_kiosk", __name__, url_prefix="/api/v1/kiosk")

TRIES_PER_QUARTER = 3
TRIES_PER_DAY = 10
"""Few: one PIN alone fits anybody's. The office does from afar what the settings do."""
DAY = timedelta(days=1)


class UnlockBody(Strict):
    """A colleague's PIN."""

    pin: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{PIN_DIGITS}}}$")]


class OrderBody(Strict):
    """Whether the kiosk is to be out of order."""

    out_of_order: bool


class OrderAnswer(BaseModel):
    """Whether the kiosk is out of order."""

    out_of_order: bool


@blueprint.post("/settings")
@for_device
def unlock() -> ResponseReturnValue:
    """Open the settings by a PIN, until they are closed or nobody moves."""
    kiosk, codes = _this_kiosk(), parts().codes
    pin = body_as(UnlockBody).pin
    charge_try(f"kiosk {kiosk}", TRIES_PER_QUARTER)
    charge_try(f"kiosk {kiosk} today", TRIES_PER_DAY, DAY)
    member = codes.shifts.by_pin_alone(pin)
    if member is None or not member.tasks:
        raise Problem(403, "bad-pin", "this opens nothing here; try again")
    codes.throttle.forgive(f"kiosk {kiosk}")
    with logged(member, "kiosk.settings", this_device().name):
        codes.shifts.start(kiosk, member)
    return {"out_of_order": codes.signs.of([kiosk])[kiosk].out_of_order_at is not None}


@blueprint.delete("/settings")
@for_device
def lock() -> ResponseReturnValue:
    """Close the settings."""
    parts().codes.shifts.end(_this_kiosk())
    return "", 204


@blueprint.put("/order")
@for_device
def order() -> ResponseReturnValue:
    """Take the kiosk out of order by hand, or put it back."""
    kiosk, codes = _this_kiosk(), parts().codes
    stopped, member = body_as(OrderBody).out_of_order, _whoever_opened(kiosk)
    with logged(member, "kiosks.stop" if stopped else "kiosks.put_back", this_device().name):
        (codes.signs.stop if stopped else codes.signs.put_back)(kiosk, member.staff_id)
    return {"out_of_order": stopped}


@blueprint.delete("")
@for_device
def sign_off() -> ResponseReturnValue:
    """Sign the kiosk off: it presents nothing more until it is enrolled anew."""
    kiosk, codes = _this_kiosk(), parts().codes
    member = _whoever_opened(kiosk)
    with logged(member, "kiosk.sign_off", this_device().name, 204):
        codes.shifts.end(kiosk)
        codes.devices.revoke(kiosk)
    response = make_response("", 204)
    response.delete_cookie(DEVICE_COOKIE)
    return response


def _this_kiosk() -> UUID:
    device = this_device()
    if device.kind is not DeviceKind.KIOSK:
        raise Problem(403, "not-a-kiosk", "only a kiosk's device has these settings")
    return device.device_id


def _whoever_opened(kiosk: UUID) -> Member:
    member = parts().codes.shifts.working(kiosk)
    if member is None:
        raise Problem(403, "settings-closed", "open the settings by a PIN first")
    return member
