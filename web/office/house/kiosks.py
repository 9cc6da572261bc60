"""The office takes a kiosk out of order, and puts it back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.devices import device_with_id
from codes.accounts.heartbeats import put_device_back, stop_device
from codes.accounts.staff import Role
from codes.model import DeviceKind
from web.http.access import for_roles, this_member
from web.services import services

blueprint = Blueprint("kiosks", __name__, url_prefix="/office/devices")


@blueprint.post("/<uuid:device_id>/out-of-order")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def stop(device_id: UUID) -> ResponseReturnValue:
    """Let a kiosk show that it is out of order, and read nothing, until it is put back."""
    _kiosk(device_id)
    services().codes.write(stop_device, device_id, this_member().staff_id)
    return redirect(url_for("devices.listed"), 303)


@blueprint.post("/<uuid:device_id>/in-order")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def put_back(device_id: UUID) -> ResponseReturnValue:
    """Let a kiosk work again."""
    _kiosk(device_id)
    services().codes.write(put_device_back, device_id, this_member().staff_id)
    return redirect(url_for("devices.listed"), 303)


def _kiosk(device_id: UUID) -> None:
    device = services().codes.read(device_with_id, device_id)
    if device is None or device.kind is not DeviceKind.KIOSK:
        abort(404)
