"""Senders announce parcels and ask what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import Field
from werkzeug.datastructures import ETags
from werkzeug.http import quote_etag

from codes import Announcement
from codes.delivering.delivery_day import come_near, mark_out_for_delivery
from codes.life.address_checks import warnings_of
from codes.life.announcing import Announced
from codes.life.parcel_records import ParcelRecord, find_parcel
from codes.model import Realm
from codes.office.parcel_states import Asked, ParcelState, list_by_cursor, standings_of
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import Changes, correct
from codes.recipients.delivery_progress import conflicts_of
from codes.recipients.wishes import Wish, standing_wishes
from codes.store.parcel_rows import UnknownParcel, parcel_id_of
from codes.store.transaction import Transaction
from codes.values.tracking_numbers import TEST_PARCELS, BadReference, normalise_reference
from web.api.answers import AnnouncedAnswer, BatchAnswer, BatchedAnswer, ParcelAnswer, ParcelsAnswer, WishAnswer
from web.api.operations import MERGE_PATCH, operation
from web.api.requests import BatchBody, CorrectionBody, ParcelBody, Strict, body_as
from web.http.access import for_sender, this_sender
from web.http.idempotency import tag_of
from web.http.moments import PlausibleMoment
from web.http.problems import Problem
from web.services import services

blueprint = Blueprint("api_parcels", __name__, url_prefix="/api/v1/parcels")

STATUS = {Announced.CREATED: 201, Announced.UNCHANGED: 200, Announced.CONFLICT: 409}


class ParcelsQuery(Strict):
    """Which parcels: what is left out narrows nothing."""

    state: ParcelState | None = None
    contested: bool | None = None
    sender: Annotated[str, Field(max_length=100)] | None = None
    consignment: Annotated[str, Field(max_length=100)] | None = None
    announced_from: PlausibleMoment | None = None
    announced_before: PlausibleMoment | None = None
    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@blueprint.post("")
@for_sender
@operation({201: AnnouncedAnswer, 200: AnnouncedAnswer}, 409, body=ParcelBody)
def announce() -> tuple[AnnouncedAnswer, int, dict[str, str]]:
    """Announce one parcel; the same again is answered with what stands."""
    (announced,) = services().codes.announce([_announcement(body_as(ParcelBody))], this_sender().announced_by)
    if announced.result is Announced.CONFLICT:
        raise Problem(409, "already-announced", "this reference was announced before with other facts")
    answer = AnnouncedAnswer.from_record(announced, reference=_told(announced.reference))
    return answer, STATUS[announced.result], {"Location": f"/api/v1/parcels/{answer.reference}"}


@blueprint.get("")
@for_sender
@operation({200: ParcelsAnswer, 304: None}, query=ParcelsQuery)
def listed() -> ParcelsAnswer:
    """List parcels, the newest first; `next` is the cursor to go on with, null at the end."""
    query = ParcelsQuery.model_validate(request.args.to_dict())
    return services().codes.read(_list, query, this_sender().realm)


@blueprint.post("/batch")
@for_sender
@operation({200: BatchAnswer}, body=BatchBody)
def announce_batch() -> BatchAnswer:
    """Announce up to 1,000 parcels together; if one field of one is wrong, none is announced."""
    bodies = body_as(BatchBody).root
    announced = services().codes.announce([_announcement(body) for body in bodies], this_sender().announced_by)
    return BatchAnswer(parcels=[BatchedAnswer.from_record(each, reference=_told(each.reference)) for each in announced])


@blueprint.get("/<path:reference>")
@for_sender
@operation({200: ParcelAnswer, 304: None}, 404)
def show(reference: str) -> ParcelAnswer:
    """Say where a parcel stands; never its code."""
    return services().codes.read(answer_of, found(reference))


@blueprint.patch("/<path:reference>")
@for_sender
@operation({200: ParcelAnswer}, 404, 409, 412, 428, body=CorrectionBody, takes=MERGE_PATCH)
def correct_recipient(reference: str) -> tuple[ParcelAnswer, int, dict[str, str]]:
    """Correct the recipient of a parcel that was not handed over, and of its consignment with it.

    A new mail address or phone gets a new code, and the old one dies. `If-Match` names the state that was read.
    """
    changes, codes = body_as(CorrectionBody).changes(), services().codes
    if "If-Match" not in request.headers:
        raise Problem(428, "precondition-required", "send If-Match with the ETag of the parcel as you read it")
    answer = codes.write(_correct_if_unchanged, stored_reference(reference), changes, request.if_match)
    return answer, 200, {"ETag": quote_etag(tag_of(answer))}


@blueprint.post("/<path:reference>/out-for-delivery")
@for_sender
@operation({200: ParcelAnswer}, 404, 409)
def out_for_delivery(reference: str) -> ParcelAnswer:
    """Record that the parcel left for its recipient."""
    services().codes.write(mark_out_for_delivery, stored_reference(reference))
    return services().codes.read(answer_of, found(reference))


@blueprint.post("/<path:reference>/driver-near")
@for_sender
@operation({204: None}, 404, 409)
def driver_near(reference: str) -> ResponseReturnValue:
    """Tell the recipient that the driver is near; within one visit only once."""
    services().codes.write(come_near, stored_reference(reference))
    return "", 204


def found(reference: str) -> ParcelRecord:
    """Return the parcel named in an address. Raises Problem."""
    parcel = services().codes.read(find_parcel, stored_reference(reference))
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


def _correct_if_unchanged(t: Transaction, reference: str, changes: Changes, given: ETags) -> ParcelAnswer:
    """Correct what stands as the caller read it. Raises Problem if it does not."""
    parcel_id = parcel_id_of(t.connection, reference, locked=True)
    if not given.contains(tag_of(answer_of(t, _stands(t, reference)))):
        raise Problem(412, "changed-meanwhile", "the parcel changed since you read it; read it again, then correct it")
    correct(t, parcel_id, changes, Asker.SENDER, texts=services().mail.gateway is not None)
    return answer_of(t, _stands(t, reference))


def _stands(t: Transaction, reference: str) -> ParcelRecord:
    parcel = find_parcel(t, reference)
    if parcel is None:
        raise UnknownParcel("no parcel with this reference was announced")
    return parcel


def answer_of(t: Transaction, parcel: ParcelRecord) -> ParcelAnswer:
    """Return how a parcel stands, as senders are told it."""
    return _answers_of(t, [parcel])[0]


def _answers_of(t: Transaction, parcels: Sequence[ParcelRecord]) -> list[ParcelAnswer]:
    ids = [each.parcel_id for each in parcels]
    standings, wishes, conflicts = standings_of(t, ids), standing_wishes(t, ids), conflicts_of(t, ids)
    warnings = warnings_of(t, [each.holder_id for each in parcels])
    return [
        ParcelAnswer.from_record(
            each,
            reference=_told(each.reference),
            wish=_wish(wishes.get(each.parcel_id)),
            conflict=conflicts.get(each.parcel_id),
            warnings=[warnings[each.holder_id]] if each.holder_id in warnings else [],
            **asdict(standings[each.parcel_id]),
        )
        for each in parcels
    ]


def _list(t: Transaction, query: ParcelsQuery, realm: Realm) -> ParcelsAnswer:
    asked = Asked(**query.model_dump(exclude={"cursor", "limit"}))
    found, after = list_by_cursor(t, realm, asked, after=query.cursor, limit=query.limit)
    return ParcelsAnswer(parcels=_answers_of(t, found), next=after)


def _wish(wish: Wish | None) -> WishAnswer | None:
    if wish is None:
        return None
    return WishAnswer(day=wish.day, pickup_point=wish.point, by="office" if wish.by_office else "recipient")
