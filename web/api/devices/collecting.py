"""At the counter: what waits for a code, and the handover without one that two people answer for."""

from __future__ import annotations

from flask import Blueprint

from codes.accounts.staff import Task
from codes.delivering.visits import hand_over_supervised
from codes.model import DeviceKind
from web.api.devices.pickup import this_counter
from web.api.devices.pickup_models import (
    CollectionAnswer,
    CollectionBody,
    SupervisedAnswer,
    SupervisedBody,
    WaitingAnswer,
)
from web.api.devices.staff_actions import logged
from web.api.operations import operation
from web.api.requests import body_as
from web.devices.signers import signer
from web.http.access import for_device, this_device
from web.http.limits.guess_limits import charge_tries, device_limits, give_tries_back, name_limit
from web.http.shift_guard import with_task
from web.services import services

blueprint = Blueprint("api_collecting", __name__, url_prefix="/api/v1")


@blueprint.post("/collections")
@for_device
@with_task(Task.HAND_OVER)
@operation({200: CollectionAnswer}, 404, 429, body=CollectionBody)
def collections() -> CollectionAnswer:
    """Tell which parcels wait here for a code, with their shelves; nothing is released.

    A name that nobody has here is said to be so, at counters; a few in a quarter of an hour.
    """
    device = this_device()
    presentation = body_as(CollectionBody).presentation(device.device_id)
    names = (name_limit(device.device_id),) if presentation.name else ()
    charge_tries(*names)
    found = services().codes.collect(presentation)
    give_tries_back(*names)
    answer = CollectionAnswer.from_record(found, parcels=[WaitingAnswer.from_record(each) for each in found.parcels])
    # At a kiosk nobody's name is shown.
    unnamed = {"holder": None, "recipient": None} if device.kind is not DeviceKind.COUNTER else {}
    return answer.model_copy(update=unnamed)


@blueprint.post("/supervised-handovers")
@for_device
@with_task(Task.HAND_OVER, Task.SUPERVISE)
@operation({201: SupervisedAnswer}, 404, 409, 429, body=SupervisedBody)
def supervised() -> tuple[SupervisedAnswer, int]:
    """Hand over without a code; two people who may supervise sign for it. It never counts as accepted."""
    counter, body = this_counter(), body_as(SupervisedBody)
    limits = device_limits(counter)
    charge_tries(*limits)
    first, second = (signer(each.name, each.password, each.code, counter) for each in (body.first, body.second))
    with logged(first, "supervised_handover", body.reference[:200], 201):
        match_number = services().codes.write(hand_over_supervised, body.reference, first, second, body.reason, counter)
    give_tries_back(*limits)
    return SupervisedAnswer(match_number=match_number), 201
