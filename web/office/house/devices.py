"""The devices of the house: set up by a code that is shown once, put to a depot, blocked."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import StringConstraints, ValidationError

from codes.accounts.devices import (
    LONGEST_DEPOT,
    device_with_id,
    invite_device,
    list_depots,
    put_depot,
    revoke_device,
)
from codes.accounts.heartbeats import heartbeats_of
from codes.accounts.staff import Role
from codes.model import DeviceKind
from codes.office.device_list import DeviceFilters, DeviceOrder, DeviceState, count_devices, page_of_devices
from codes.pickup.points import PickupPoint, list_points, placed_devices
from web.api.requests import ShortName
from web.http.access import for_roles
from web.http.forms import FormModel, form_as
from web.http.links import as_data, enrolment_link, symbol_of_link
from web.i18n import N_, current_language, text
from web.i18n.office_words import CAMERA_WORDS, DEVICE_WORDS
from web.office.lists import asked_choice, asked_page, asked_text
from web.office.refusals import Refused, refused_by
from web.services import services

blueprint = Blueprint("devices", __name__, url_prefix="/office/devices")

LONGEST_SEARCH = 100
STATE_WORDS = {
    DeviceState.IN_USE: N_("In use"),
    DeviceState.SILENT: N_("Silent"),
    DeviceState.OUT_OF_ORDER: N_("Out of order"),
    DeviceState.BLOCKED: N_("Blocked"),
}


class InvitationForm(FormModel):
    """A device to set up."""

    name: Annotated[ShortName, StringConstraints(max_length=60)]
    kind: DeviceKind


@blueprint.get("")
@for_roles(Role.DISPATCHER)
def listed() -> ResponseReturnValue:
    """List the devices, and offer to set up one more."""
    return _list()


@blueprint.post("")
@for_roles(Role.DISPATCHER)
def invite() -> ResponseReturnValue:
    """Show the code, once, by which one device is set up."""
    try:
        form = form_as(InvitationForm)
    except ValidationError as error:
        return _list(refused_by(error)), 422
    link = enrolment_link(services().codes.write(invite_device, form.name, form.kind))
    return render_template(
        "office/house/invited.html",
        here="devices.listed",
        name=form.name,
        link=link,
        symbol=as_data(symbol_of_link(link)),
    )


@blueprint.post("/<uuid:device_id>/revoke")
@for_roles(Role.DISPATCHER)
def revoke(device_id: UUID) -> ResponseReturnValue:
    """Block a device from now on."""
    services().codes.write(revoke_device, device_id)
    return redirect(url_for("devices.listed"), 303)


@blueprint.post("/<uuid:device_id>/depot")
@for_roles(Role.DISPATCHER)
def depot(device_id: UUID) -> ResponseReturnValue:
    """Say which depot a device belongs to, for reports."""
    if services().codes.read(device_with_id, device_id) is None:
        abort(404)
    services().codes.write(put_depot, device_id, request.form.get("depot", ""))
    return redirect(url_for("devices.listed"), 303)


def _list(refused: Refused | None = None) -> str:
    language, codes = current_language().code, services().codes
    filters = DeviceFilters(
        search=asked_text("search", LONGEST_SEARCH),
        kind=asked_choice("kind", DeviceKind),
        state=asked_choice("state", DeviceState),
        depot=asked_text("depot", LONGEST_DEPOT),
    )
    listing, found = asked_page(page_of_devices, count_devices, filters, DeviceOrder.ENROLLED)
    return render_template(
        "office/house/devices.html",
        here="devices.listed",
        devices=found,
        filters=filters,
        listing=listing,
        state_words={each: text(language, word) for each, word in STATE_WORDS.items()},
        heartbeats=codes.read(heartbeats_of, [device.device_id for device in found]),
        now=codes.clock(),
        camera_words={state: text(language, word) for state, word in CAMERA_WORDS.items()},
        device_kinds={kind: text(language, word) for kind, word in DEVICE_WORDS.items()},
        depots=codes.read(list_depots),
        placed=_placed(),
        refused=refused,
    )


def _placed() -> dict[UUID, PickupPoint]:
    """Return at which pickup point each device stands."""
    points = {point.point_id: point for point in services().codes.read(list_points)}
    placed = services().codes.read(placed_devices)
    return {device_id: points[point_id] for device_id, point_id in placed.items() if point_id in points}
