"""Counters of a pickup point: intake, shelves, counting, going back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.access import Task
from codes.identifiers import BadReference
from codes.model import DeviceKind
from codes.parcels import UnknownParcel
from codes.pickup.points import BadPoint, PickupPoint, UnknownPoint
from codes.pickup.stays import AlreadyGone, NotWaiting, WaitsElsewhere
from codes.pickup.waiting import Stay
from web.access import for_device, this_device
from web.api.pickup_models import CountBody, ShelfBody, TakeInBody
from web.api.requests import body_as
from web.parts import parts
from web.problems import Problem
from web.shifts import with_task
from web.staff_actions import logged

blueprint = Blueprint("api_pickup", __name__, url_prefix="/api/v1/point")


class NotACounter(Problem):
    """The device is none that stands at a counter."""

    def __init__(self) -> None:
        super().__init__(403, "not-at-a-counter", "only a counter's device may do this")


def this_counter() -> UUID:
    """Return the calling device, which has to be a counter's."""
    device = this_device()
    if device.kind is not DeviceKind.COUNTER:
        raise NotACounter
    return device.device_id


@contextmanager
def stays_as_problems() -> Iterator[None]:
    """Name what cannot be done with a parcel or a shelf."""
    try:
        yield
    except (UnknownParcel, BadReference) as error:
        raise Problem(404, "unknown-parcel", "no parcel with this reference was announced") from error
    except (UnknownPoint, BadPoint) as error:
        raise Problem(404, "unknown-place", str(error)) from error
    except AlreadyGone as error:
        raise Problem(409, "already-handed-over", str(error)) from error
    except WaitsElsewhere as error:
        raise Problem(409, "waits-elsewhere", str(error)) from error
    except NotWaiting as error:
        raise Problem(409, "not-waiting", str(error)) from error


@blueprint.get("")
@for_device
@with_task(Task.INTAKE)
def point() -> ResponseReturnValue:
    """Say where this counter stands, and how full its shelves are."""
    here = _here()
    shelves = parts().codes.pickup_points.shelves(here.point_id)
    return {
        "name": here.name,
        "place": here.place,
        "opening": here.opening,
        "days_kept": here.days_kept,
        "shelves": [
            {"name": each.name, "size": each.size, "room": each.room, "hatch": each.hatch, "held": each.held}
            for each in shelves
        ],
    }


@blueprint.get("/parcels")
@for_device
@with_task(Task.INTAKE)
def waiting() -> ResponseReturnValue:
    """List what waits here, by shelf. No names, no codes."""
    return {"stays": [_document(stay) for stay in parts().codes.stays.at(_here().point_id)]}


@blueprint.post("/parcels")
@for_device
@with_task(Task.INTAKE)
def take_in() -> ResponseReturnValue:
    """Take a parcel in and tell its recipient; the same one again changes nothing."""
    counter, body = this_counter(), body_as(TakeInBody)
    with stays_as_problems():
        taken = parts().codes.stays.take_in(counter, body.reference, body.size, body.shelf)
    return {**_document(taken.stay), "again": taken.again}, 200 if taken.again else 201


@blueprint.post("/parcels/<path:reference>/shelf")
@for_device
@with_task(Task.INTAKE)
def put_on_shelf(reference: str) -> ResponseReturnValue:
    """Put a parcel on another shelf."""
    counter, body = this_counter(), body_as(ShelfBody)
    with stays_as_problems():
        return _document(parts().codes.stays.put_on_shelf(counter, reference, body.shelf))


@blueprint.post("/parcels/<path:reference>/back")
@for_device
@with_task(Task.INTAKE)
def send_back(reference: str) -> ResponseReturnValue:
    """Record that a parcel goes back uncollected."""
    counter = this_counter()
    with stays_as_problems():
        parts().codes.stays.send_back(counter, reference)
    return "", 204


@blueprint.post("/shelves/<name>/count")
@for_device
@with_task(Task.INTAKE)
def count(name: str) -> ResponseReturnValue:
    """Hold what was scanned on a shelf against the record, and keep what was found; no parcel is changed."""
    counter, body, codes = this_counter(), body_as(CountBody), parts().codes
    member = codes.shifts.working(counter)
    by = member or this_device().name
    with logged(member, "shelf.count", f"{_here().name} {name}"), stays_as_problems():
        counted = codes.counting.count(counter, name, body.references, by)
    unexpected = [{"reference": reference, "shelf": shelf} for reference, shelf in counted.unexpected]
    return {"held": counted.held, "missing": list(counted.missing), "unexpected": unexpected}


def _here() -> PickupPoint:
    here = parts().codes.pickup_points.of_device(this_counter())
    if here is None:
        raise Problem(404, "unknown-place", "this device stands at no pickup point; the office has to say at which")
    return here


def _document(stay: Stay) -> dict[str, Any]:
    return {
        "reference": stay.reference,
        "shelf": stay.shelf,
        "hatch": stay.hatch,
        "size": stay.size,
        "arrived_at": stay.arrived_at.isoformat(),
        "deadline": stay.deadline.isoformat(),
        "overdue": stay.deadline <= parts().codes.clock(),
    }
