"""The back office: sign in, parcels, devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from babel.numbers import format_currency
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.access import Role
from codes.events import RecordedEvent
from codes.identifiers import BadReference
from codes.model import DeviceKind
from codes.parcels import ParcelRecord, UnknownParcel
from web.access import for_roles, for_staff
from web.i18n import N_, current_language, text
from web.office_words import CAMERA_WORDS, DEVICE_WORDS, EVENT_WORDS, MESSAGE_WORDS, REASON_WORDS, REPORT_WORDS, more_of
from web.pages.addresses import as_data, enrolment_link, symbol_of_link
from web.pages.mails import may_read_mails
from web.parts import parts

blueprint = Blueprint("office", __name__, url_prefix="/office")

Key = TypeVar("Key")
LISTED = 200
DONE = {"sent": N_("The code is on its way again."), "out": N_("The parcel is out for delivery.")}


def _text(message: str) -> str:
    return text(current_language().code, message)


@blueprint.get("")
@for_staff
def parcels() -> ResponseReturnValue:
    """List the newest parcels, or those whose number begins as asked."""
    search = request.args.get("search", "").strip()
    found = parts().codes.parcels(search=search.upper().replace(" ", ""), limit=LISTED)
    return render_template(
        "office/parcels.html",
        here="office.parcels",
        parcels=found,
        search=search,
        reasons=_reasons(),
        reported=parts().codes.contests.open_among([each.parcel_id for each in found]),
    )


@blueprint.get("/parcels/<path:reference>")
@for_staff
def parcel(reference: str) -> ResponseReturnValue:
    """Show one parcel and everything that happened to it."""
    found = _parcel(reference)
    ticket = parts().codes.ticket_of(found.holder_id)
    return render_template(
        "office/parcel.html",
        here="office.parcels",
        parcel=found,
        value=format_currency(found.value, found.currency, locale=current_language().code),
        match_number=ticket.match_number if ticket else None,
        events=[_event(event) for event in reversed(parts().codes.events(found.parcel_id))],
        reports=parts().codes.contests.of(found.parcel_id),
        report_words=_texts(REPORT_WORDS),
        messages=parts().codes.outbox.listed(limit=50, parcel_id=found.parcel_id),
        kinds=_texts(MESSAGE_WORDS),
        reasons=_reasons(),
        readable=may_read_mails(),
        done=_text(DONE[request.args["done"]]) if request.args.get("done") in DONE else None,
    )


@blueprint.post("/send-again/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def send_again(reference: str) -> ResponseReturnValue:
    """Send the same code again to the address that is registered."""
    found = _parcel(reference)
    parts().codes.send_again(found.holder_id)
    return redirect(url_for("office.parcel", reference=found.reference, done="sent"), 303)


@blueprint.post("/out-for-delivery/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def out_for_delivery(reference: str) -> ResponseReturnValue:
    """Record that the parcel has left."""
    try:
        parts().codes.mark_out_for_delivery(reference)
    except (UnknownParcel, BadReference):
        abort(404)
    return redirect(url_for("office.parcel", reference=reference, done="out"), 303)


@blueprint.get("/devices")
@for_roles(Role.DISPATCHER)
def devices() -> ResponseReturnValue:
    """List the devices, and offer to set up one more."""
    listed = parts().codes.devices.listed()
    return render_template(
        "office/devices.html",
        here="office.devices",
        devices=listed,
        signs=parts().codes.signs.of([device.device_id for device in listed]),
        now=parts().codes.clock(),
        camera_words=_texts(CAMERA_WORDS),
        device_kinds=_texts(DEVICE_WORDS),
    )


@blueprint.post("/devices")
@for_roles(Role.DISPATCHER)
def invite() -> ResponseReturnValue:
    """Show the code, once, by which one device is set up."""
    name = request.form.get("name", "").strip()[:60]
    kind = request.form.get("kind", "")
    if not name or kind not in set(DeviceKind):
        abort(400)
    link = enrolment_link(parts().codes.devices.invite(name, DeviceKind(kind)))
    return render_template(
        "office/invited.html",
        here="office.devices",
        name=name,
        link=link,
        symbol=as_data(symbol_of_link(link)),
    )


@blueprint.post("/devices/<uuid:device_id>/revoke")
@for_roles(Role.DISPATCHER)
def revoke(device_id: UUID) -> ResponseReturnValue:
    """Block a device from now on."""
    parts().codes.devices.revoke(device_id)
    return redirect(url_for("office.devices"), 303)


def _parcel(reference: str) -> ParcelRecord:
    try:
        return parts().codes.parcel(reference) or abort(404)
    except BadReference:
        abort(404)


def _event(event: RecordedEvent) -> dict[str, object]:
    more = more_of(event.kind, event.facts)
    return {"at": event.at, "words": _text(EVENT_WORDS[event.kind]), "more": _text(more) if more else None}


def _texts(words: Mapping[Key, str]) -> dict[Key, str]:
    return {key: _text(word) for key, word in words.items()}


def _reasons() -> dict[str, str]:
    return _texts(REASON_WORDS)
