"""The office keeps the pickup points: their hours, shelves and devices; and sees what waits there."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.devices import list_devices
from codes.accounts.staff import Role
from codes.model import DeviceKind, ParcelSize
from codes.pickup import points
from codes.pickup.counting import last_counts
from codes.pickup.points import (
    SHELF_LABEL,
    BadPoint,
    PickupPoint,
    PointChanged,
    PointNameTaken,
    PointTerms,
    UnknownPoint,
    add_point,
    change_point,
    get_point,
    list_points,
    list_shelves,
    placed_devices,
)
from codes.pickup.stays import stays_at
from codes.values.symbols import label_png
from web.http.access import for_roles
from web.http.links import as_data
from web.i18n import N_, current_language, text
from web.office.refusals import Refused, refused_for
from web.services import services

blueprint = Blueprint("pickup_points", __name__, url_prefix="/office/pickup-points")

TAKEN = N_("This name is taken.")
CHANGED = N_("Somebody else has changed this in the meantime. Your changes are not saved: check them and save again.")
SEE = (Role.DISPATCHER, Role.SUPERVISOR, Role.COUNTER, Role.AUDITOR)


@blueprint.get("")
@for_roles(*SEE)
def listed() -> ResponseReturnValue:
    """List the pickup points with what waits there."""
    return _list()


@blueprint.post("")
@for_roles(Role.DISPATCHER)
def add() -> ResponseReturnValue:
    """Open a pickup point."""
    try:
        point_id = services().codes.write(add_point, _terms())
    except BadPoint as error:
        return _list(_refused(error)), 422
    return redirect(url_for("pickup_points.show", point_id=point_id), 303)


@blueprint.get("/<uuid:point_id>")
@for_roles(*SEE)
def show(point_id: UUID) -> ResponseReturnValue:
    """Show one point: its shelves, its devices, and the stays with their deadlines."""
    return _page(_point(point_id))


@blueprint.post("/<uuid:point_id>")
@for_roles(Role.DISPATCHER)
def change(point_id: UUID) -> ResponseReturnValue:
    """Rename a point, or change what is told of it."""
    found = _point(point_id)
    try:
        services().codes.write(change_point, point_id, _terms(), request.form.get("stood"))
    except BadPoint as error:
        return _page(found, _refused(error)), 422
    except PointChanged:
        # What was typed stays, beside what stands now.
        return _page(_point(point_id), Refused(text(current_language().code, CHANGED))), 409
    return redirect(url_for("pickup_points.show", point_id=point_id), 303)


@blueprint.post("/<uuid:point_id>/shelves")
@for_roles(Role.DISPATCHER)
def put_shelf(point_id: UUID) -> ResponseReturnValue:
    """Add a shelf or a hatch, change the one with this name, or close it."""
    found, form = _point(point_id), request.form
    if (size := form.get("size", type=ParcelSize)) is None:
        return _page(found, refused_for(["size"], form="shelf")), 422
    try:
        services().codes.write(
            points.put_shelf,
            point_id,
            form.get("name", ""),
            size=size,
            room=form.get("room", type=int, default=0),
            hatch="hatch" in form,
            closed="closed" in form,
        )
    except BadPoint as error:
        return _page(found, _refused(error, form="shelf")), 422
    return redirect(url_for("pickup_points.show", point_id=point_id), 303)


@blueprint.post("/<uuid:point_id>/devices")
@for_roles(Role.DISPATCHER)
def place_device(point_id: UUID) -> ResponseReturnValue:
    """Say that a counter or kiosk stands here, or no longer does."""
    _point(point_id)
    try:
        device_id = UUID(request.form.get("device", ""))
        services().codes.write(points.place_device, device_id, None if "away" in request.form else point_id)
    except (ValueError, UnknownPoint):
        abort(404)
    return redirect(url_for("pickup_points.show", point_id=point_id), 303)


@blueprint.get("/<uuid:point_id>/labels")
@for_roles(*SEE)
def labels(point_id: UUID) -> ResponseReturnValue:
    """Show the labels of the shelves, to be printed and stuck on."""
    found = _point(point_id)
    shelves = [
        (shelf, as_data(label_png(SHELF_LABEL + shelf.name, module_pixels=3)))
        for shelf in services().codes.read(list_shelves, point_id)
    ]
    return render_template("office/house/shelf-labels.html", here="pickup_points.listed", point=found, shelves=shelves)


def _list(refused: Refused | None = None) -> str:
    codes = services().codes
    stays = {point.point_id: codes.read(stays_at, point.point_id) for point in codes.read(list_points)}
    return render_template(
        "office/house/pickup-points.html",
        here="pickup_points.listed",
        points=codes.read(list_points),
        waiting={point_id: len(found) for point_id, found in stays.items()},
        late={point_id: sum(stay.deadline <= codes.clock() for stay in found) for point_id, found in stays.items()},
        refused=refused,
    )


def _page(point: PickupPoint, refused: Refused | None = None) -> str:
    codes = services().codes
    stand_there = {DeviceKind.COUNTER, DeviceKind.KIOSK}
    return render_template(
        "office/house/pickup-point.html",
        here="pickup_points.listed",
        point=point,
        shelves=codes.read(list_shelves, point.point_id),
        sizes=[(size, size.value) for size in ParcelSize],
        devices=[each for each in codes.read(list_devices) if each.kind in stand_there and each.revoked_at is None],
        placed=codes.read(placed_devices),
        only=len(codes.read(list_points)) == 1,
        stays=sorted(codes.read(stays_at, point.point_id), key=lambda stay: stay.deadline),
        counts=codes.read(last_counts, point.point_id),
        now=codes.clock(),
        refused=refused,
    )


def _refused(error: BadPoint, form: str = "") -> Refused:
    if isinstance(error, PointNameTaken):
        return Refused(text(current_language().code, TAKEN), ("name",))
    return refused_for([error.field], form=form)


def _point(point_id: UUID) -> PickupPoint:
    return services().codes.read(get_point, point_id) or abort(404)


def _terms() -> PointTerms:
    form = request.form
    days = form.get("days_kept", "7")
    return PointTerms(
        name=form.get("name", ""),
        place=form.get("place", ""),
        opening=form.get("opening", ""),
        days_kept=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
    )
