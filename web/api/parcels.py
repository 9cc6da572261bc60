"""Senders announce parcels and ask what became of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field, TypeAdapter

from codes import Announcement
from codes.delivering.approach import NotUnderWay
from codes.identifiers import TEST_PARCELS, BadReference, normalise_reference
from codes.life.announcing import Announced, AnnouncedParcel
from codes.parcels import ParcelRecord, UnknownParcel
from codes.recipients.wishes import Wish
from web.access import for_sender, this_sender
from web.api.requests import ParcelBody, body_as, json_body
from web.parts import parts
from web.problems import Problem

blueprint = Blueprint("api_parcels", __name__, url_prefix="/api/v1/parcels")

STATUS = {Announced.CREATED: 201, Announced.UNCHANGED: 200, Announced.CONFLICT: 409}
_batch = TypeAdapter(Annotated[list[ParcelBody], Field(min_length=1, max_length=1000)])


@blueprint.post("")
@for_sender
def announce() -> ResponseReturnValue:
    """Announce one parcel; the same again is answered with what stands."""
    (announced,) = parts().codes.announce([_announcement(body_as(ParcelBody))])
    if announced.result is Announced.CONFLICT:
        raise Problem(409, "already-announced", "this reference was announced before with other facts")
    location = f"/api/v1/parcels/{_told(announced.reference)}"
    return _document(announced), STATUS[announced.result], {"Location": location}


@blueprint.post("/batch")
@for_sender
def announce_batch() -> ResponseReturnValue:
    """Announce up to 1,000 parcels together; if one field of one is wrong, none is announced."""
    bodies = _batch.validate_python(json_body())
    announced = parts().codes.announce([_announcement(body) for body in bodies])
    return {"parcels": [_document(each) | {"result": each.result} for each in announced]}


@blueprint.get("/<path:reference>")
@for_sender
def show(reference: str) -> ResponseReturnValue:
    """Say where a parcel stands; never its code."""
    return _record(found(reference))


@blueprint.post("/<path:reference>/out-for-delivery")
@for_sender
def out_for_delivery(reference: str) -> ResponseReturnValue:
    """Record that the parcel left for its recipient."""
    try:
        parts().codes.mark_out_for_delivery(stored_reference(reference))
    except (UnknownParcel, BadReference) as error:
        raise Problem(404, "unknown-parcel", "no parcel with this reference was announced") from error
    return _record(found(reference))


@blueprint.post("/<path:reference>/driver-near")
@for_sender
def driver_near(reference: str) -> ResponseReturnValue:
    """Tell the recipient that the driver is near; within one visit only once."""
    try:
        parts().codes.approach.come_near(stored_reference(reference))
    except (UnknownParcel, BadReference) as error:
        raise Problem(404, "unknown-parcel", "no parcel with this reference was announced") from error
    except NotUnderWay as error:
        raise Problem(409, "not-under-way", str(error)) from error
    return "", 204


def found(reference: str) -> ParcelRecord:
    """Return the parcel named in an address. Raises Problem."""
    try:
        parcel = parts().codes.parcel(stored_reference(reference))
    except BadReference as error:
        raise Problem(404, "unknown-parcel", str(error)) from error
    if parcel is None:
        raise Problem(404, "unknown-parcel", "no parcel with this reference was announced")
    return parcel


def stored_reference(reference: str) -> str:
    """Return under which reference the caller's parcel stands: those of test keys apart. Raises BadReference."""
    name = normalise_reference(reference)
    if this_sender().test:
        return normalise_reference(TEST_PARCELS + name)
    if name.startswith(TEST_PARCELS):
        raise BadReference(f"{TEST_PARCELS} is kept for test keys")
    return name


def _announcement(body: ParcelBody) -> Announcement:
    try:
        return replace(body.announcement(), reference=stored_reference(body.reference))
    except BadReference as error:
        raise Problem(422, "bad-reference", str(error)) from error


def _told(reference: str) -> str:
    return reference.removeprefix(TEST_PARCELS)


def _document(announced: AnnouncedParcel) -> dict[str, Any]:
    return {
        "parcel_id": str(announced.parcel_id),
        "reference": _told(announced.reference),
        "code_required": announced.code_required,
        "reason": announced.reason,
    }


def _record(parcel: ParcelRecord) -> dict[str, Any]:
    moments = ("announced_at", "out_for_delivery_at", "handed_over_at")
    return {
        "parcel_id": str(parcel.parcel_id),
        "reference": _told(parcel.reference),
        "sender": parcel.sender,
        "consignment": parcel.consignment,
        "code_required": parcel.code_required,
        "reason": parcel.reason,
        "wish": _wish(parts().codes.wishes.of(parcel.parcel_id)),
        **{name: moment.isoformat() if (moment := getattr(parcel, name)) else None for name in moments},
    }


def _wish(wish: Wish | None) -> dict[str, str | None] | None:
    if wish is None:
        return None
    by = "office" if wish.by_office else "recipient"
    return {"day": str(wish.day) if wish.day else None, "pickup_point": wish.point, "by": by}
