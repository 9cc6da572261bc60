"""Counters of a pickup point: intake, shelves, counting, going back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Task
from codes.model import DeviceKind
from codes.pickup import counting, intake, points, stays
from codes.pickup.points import PickupPoint
from codes.pickup.stays import Stay
from codes.verification.presentation import NotAtCounter
from web.api.devices.pickup_models import (
    CountBody,
    CountedAnswer,
    PointAnswer,
    ShelfAnswer,
    ShelfBody,
    StayAnswer,
    StaysAnswer,
    TakeInBody,
    TakenInAnswer,
    UnexpectedAnswer,
)
from web.api.devices.staff_actions import logged
from web.api.operations import operation
from web.api.requests import body_as
from web.http.access import for_device, this_device
from web.http.shift_guard import with_task, working
from web.services import services

blueprint = Blueprint("api_pickup", __name__, url_prefix="/api/v1/point")


def this_counter() -> UUID:
    """Return the calling device, which has to be a counter's."""
    device = this_device()
    if device.kind is not DeviceKind.COUNTER:
        raise NotAtCounter("only a counter's device may do this")
    return device.device_id


@blueprint.get("")
@for_device
@with_task(Task.INTAKE)
@operation({200: PointAnswer}, 404)
def point() -> PointAnswer:
    """Say where this counter stands, and how full its shelves are."""
    here = _here()
    shelves = services().codes.read(points.list_shelves, here.point_id)
    return PointAnswer.from_record(here, shelves=[ShelfAnswer.from_record(each) for each in shelves])


@blueprint.get("/parcels")
@for_device
@with_task(Task.INTAKE)
@operation({200: StaysAnswer}, 404)
def waiting() -> StaysAnswer:
    """List what waits here, by shelf. No names, no codes."""
    found = services().codes.read(stays.stays_at, _here().point_id)
    return StaysAnswer(stays=[StayAnswer.from_record(stay, overdue=_is_overdue(stay)) for stay in found])


@blueprint.post("/parcels")
@for_device
@with_task(Task.INTAKE)
@operation({200: TakenInAnswer, 201: TakenInAnswer}, 404, 409, 429, body=TakeInBody)
def take_in() -> tuple[TakenInAnswer, int]:
    """Take a parcel in and tell its recipient; the same one again changes nothing."""
    counter, body = this_counter(), body_as(TakeInBody)
    taken = services().codes.write(intake.take_in, counter, body.reference, body.size, body.shelf)
    answer = TakenInAnswer.from_record(taken.stay, overdue=_is_overdue(taken.stay), again=taken.again)
    return answer, 200 if taken.again else 201


@blueprint.post("/parcels/<path:reference>/shelf")
@for_device
@with_task(Task.INTAKE)
@operation({200: StayAnswer}, 404, 409, 429, body=ShelfBody)
def put_on_shelf(reference: str) -> StayAnswer:
    """Put a parcel on another shelf."""
    counter, body = this_counter(), body_as(ShelfBody)
    stay = services().codes.write(intake.put_on_shelf, counter, reference, body.shelf)
    return StayAnswer.from_record(stay, overdue=_is_overdue(stay))


@blueprint.post("/parcels/<path:reference>/back")
@for_device
@with_task(Task.INTAKE)
@operation({204: None}, 404, 409, 429)
def send_back(reference: str) -> ResponseReturnValue:
    """Record that a parcel goes back uncollected."""
    counter = this_counter()
    services().codes.write(intake.send_back, counter, reference)
    return "", 204


@blueprint.post("/shelves/<name>/count")
@for_device
@with_task(Task.INTAKE)
@operation({200: CountedAnswer}, 404, body=CountBody)
def count(name: str) -> CountedAnswer:
    """Hold what was scanned on a shelf against the record, and keep what was found; no parcel is changed."""
    counter, body, codes = this_counter(), body_as(CountBody), services().codes
    member = working(counter)
    by = member or this_device().name
    with logged(member, "shelf.count", f"{_here().name} {name}"):
        counted = codes.write(counting.count_shelf, counter, name, body.references, by)
    unexpected = [UnexpectedAnswer(reference=reference, shelf=shelf) for reference, shelf in counted.unexpected]
    return CountedAnswer(held=counted.held, missing=list(counted.missing), unexpected=unexpected)


def _here() -> PickupPoint:
    return services().codes.read(points.own_point, this_counter())


def _is_overdue(stay: Stay) -> bool:
    return stay.deadline <= services().codes.clock()
