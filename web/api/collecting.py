"""At the counter: what waits for a code, and the handover without one that two people answer for."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from codes.accounts.access import Task
from codes.judging.collecting import NotAtCounter
from codes.judging.presentation import BadSignature
from codes.judging.presenting import DeviceRevoked, OtherContent, ParcelMissing
from codes.model import DeviceKind
from web.access import DeviceIsRevoked, for_device, this_device
from web.api.pickup import NotACounter, stays_as_problems, this_counter
from web.api.pickup_models import CollectionBody, SupervisedBody
from web.api.requests import body_as
from web.guessing import charge_try
from web.parts import parts
from web.problems import Problem
from web.shifts import with_task
from web.signers import hand_over_by_two, signer
from web.staff_actions import logged

blueprint = Blueprint("api_collecting", __name__, url_prefix="/api/v1")

TRIES_PER_DEVICE = 20


@blueprint.post("/collections")
@for_device
@with_task(Task.HAND_OVER)
def collections() -> ResponseReturnValue:
    """Tell which parcels wait here for a code, with their shelves; nothing is released."""
    device = this_device()
    presentation = body_as(CollectionBody).presentation(device.device_id)
    try:
        found = parts().codes.collecting.list(presentation)
    except BadSignature as error:
        raise Problem(403, "bad-signature", "this was not signed by this device's key; enrol it anew") from error
    except DeviceRevoked as error:
        raise DeviceIsRevoked from error
    except NotAtCounter as error:
        raise NotACounter from error
    except ParcelMissing as error:
        raise Problem(422, "parcel-missing", "digits need a name or a tracking number") from error
    except OtherContent as error:
        raise Problem(422, "other-content", str(error)) from error
    # At a kiosk nobody's name is shown.
    named = device.kind is DeviceKind.COUNTER
    return {
        "outcome": found.outcome,
        "parcels": [
            {
                "reference": each.reference,
                "outcome": each.outcome,
                "shelf": each.shelf,
                "hatch": each.hatch,
                "size": each.size,
                "elsewhere": each.elsewhere,
            }
            for each in found.parcels
        ],
        "holder_kind": found.holder_kind,
        "holder": found.holder if named else None,
        "recipient": found.recipient if named else None,
        "recipient_language": found.recipient_language,
        "handed_over": found.handed_over,
        "of": found.of,
        "others": found.others,
        "newer_sent_at": found.newer_sent_at.isoformat() if found.newer_sent_at else None,
        "handed_over_at": found.handed_over_at.isoformat() if found.handed_over_at else None,
        "locked_by": found.locked_by,
    }


@blueprint.post("/supervised-handovers")
@for_device
@with_task(Task.HAND_OVER, Task.SUPERVISE)
def supervised() -> ResponseReturnValue:
    """Hand over without a code; two people who may supervise sign for it. It never counts as accepted."""
    counter, body = this_counter(), body_as(SupervisedBody)
    charge_try(f"signing at {counter}", TRIES_PER_DEVICE)
    first, second = (signer(each.name, each.password, each.code) for each in (body.first, body.second))
    with logged(first, "supervised_handover", body.reference[:200], 201), stays_as_problems():
        match_number = hand_over_by_two(body.reference, first, second, body.reason)
    parts().codes.throttle.forgive(f"signing at {counter}")
    return {"match_number": match_number}, 201
