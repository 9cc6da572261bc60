"""The back office: sign in, parcels, devices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeVar
from uuid import UUID

from babel.numbers import format_currency
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.access import Role
from codes.delivering.assigning import device_tours
from codes.delivering.awaiting import missed_among
from codes.identifiers import BadReference
from codes.model import DeviceKind, EventKind
from codes.parcels import ParcelRecord, ToDecide, UnknownParcel
from codes.pickup.points import PickupPoint
from codes.pickup.whereabouts import whereabouts_of
from codes.proving.events import RecordedEvent
from web.access import for_roles, for_staff, may
from web.i18n import N_, current_language, local_day, text
from web.office_words import CAMERA_WORDS, DEVICE_WORDS, EVENT_WORDS, MESSAGE_WORDS, REASON_WORDS, REPORT_WORDS, more_of
from web.pages.addresses import as_data, enrolment_link, symbol_of_link
from web.pages.finding import parcel_or_404
from web.pages.mails import may_read_mails
from web.parts import parts

blueprint = Blueprint("office", __name__, url_prefix="/office")

Key = TypeVar("Key")
TO_DECIDE_WORDS = {ToDecide.VISIT_FAILED: N_("Visit failed"), ToDecide.REPORTED: N_("Reported")}
LISTED = 200
DONE = {
    "sent": N_("The code is on its way again."),
    "out": N_("The parcel is out for delivery."),
    "renewed": N_("A new code is on its way. The old one is dead."),
    "blocked": N_("All codes are withdrawn. A new code opens the parcel again."),
    "redirected": N_("Noted. The recipient is told."),
    "assigned": N_("The parcel is on the tour."),
    "supervised": N_("Handed over without a code."),
}


def _text(message: str) -> str:
    return text(current_language().code, message)


@blueprint.get("")
@for_staff
def parcels() -> ResponseReturnValue:
    """List the newest parcels, those whose number begins as asked, or else those of a person of that name."""
    search, show = request.args.get("search", "").strip(), request.args.get("show", "")
    found = _found(search) if search or show not in set(ToDecide) else _to_decide(ToDecide(show))
    return render_template(
        "office/parcels.html",
        here="office.parcels",
        parcels=found,
        search=search,
        show=show,
        to_decide=_texts(TO_DECIDE_WORDS),
        matched={each.parcel_id: _matched(each, search) for each in found},
        reasons=_reasons(),
        missed=missed_among(parts().codes.database, [each.parcel_id for each in found]),
        reported=parts().codes.contests.open_among([each.parcel_id for each in found]),
    )


@blueprint.get("/parcels/<path:reference>")
@for_staff
def parcel(reference: str) -> ResponseReturnValue:
    """Show one parcel and everything that happened to it."""
    return parcel_page(parcel_or_404(reference))


def parcel_page(found: ParcelRecord, *, fault: str = "") -> str:
    """Return a parcel's page; with a fault, the form that was sent stands open again, and says it."""
    ticket = parts().codes.ticket_of(found.holder_id)
    return render_template(
        "office/parcel.html",
        here="office.parcels",
        parcel=found,
        value=format_currency(found.value, found.currency, locale=current_language().code),
        match_number=ticket.match_number if ticket else None,
        waiting=ticket.waiting if ticket else None,
        events=[_event(event) for event in reversed(parts().codes.events(found.parcel_id))],
        reports=parts().codes.contests.of(found.parcel_id),
        report_words=_texts(REPORT_WORDS),
        messages=parts().codes.outbox.listed(limit=50, parcel_id=found.parcel_id),
        printing=parts().codes.settings.print_letters,
        reading_out=parts().codes.settings.read_out_by_phone and ticket is not None and ticket.phone is not None,
        wish=parts().codes.wishes.of(found.parcel_id),
        where=whereabouts_of(parts().codes.database, found.parcel_id),
        **_ways(found),
        missed=bool(missed_among(parts().codes.database, [found.parcel_id])),
        kinds=_texts(MESSAGE_WORDS),
        reasons=_reasons(),
        readable=may_read_mails(),
        done=_text(DONE[request.args["done"]]) if request.args.get("done") in DONE else None,
        fault=fault,
        sent=request.form if fault else {},
    )


@blueprint.post("/send-again/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def send_again(reference: str) -> ResponseReturnValue:
    """Send the same code again to the address that is registered."""
    found = parcel_or_404(reference)
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


@blueprint.post("/renew/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def renew(reference: str) -> ResponseReturnValue:
    """Make a new code in place of the old one, which is dead at once, and send it."""
    found = _parcel_with_code(reference)
    parts().codes.renew(found.holder_id, by="dispatcher")
    return redirect(url_for("office.parcel", reference=found.reference, done="renewed"), 303)


@blueprint.post("/block/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def block(reference: str) -> ResponseReturnValue:
    """Withdraw every code of a parcel, so that nobody receives it until there is a new one."""
    found = _parcel_with_code(reference)
    parts().codes.revoke(found.reference, by="dispatcher")
    return redirect(url_for("office.parcel", reference=found.reference, done="blocked"), 303)


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
        depots=parts().codes.depots.all(),
        placed=_placed(),
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


@blueprint.post("/devices/<uuid:device_id>/depot")
@for_roles(Role.DISPATCHER)
def depot(device_id: UUID) -> ResponseReturnValue:
    """Say which depot a device belongs to, for reports."""
    if parts().codes.devices.get(device_id) is None:
        abort(404)
    parts().codes.depots.put(device_id, request.form.get("depot", ""))
    return redirect(url_for("office.devices"), 303)


def _ways(found: ParcelRecord) -> dict[str, object]:
    """Return where a parcel can be sent from here, for those who may send it."""
    if found.handed_over_at is not None or not may("routing.redirect_parcel", "POST"):
        return {"offered": None, "tours": ()}
    codes = parts().codes
    tours = device_tours(codes.database, codes.clock() - codes.tours.shift)
    return {"offered": codes.redirecting.offered(found.parcel_id), "tours": tours}


def _placed() -> dict[UUID, PickupPoint]:
    """Return at which pickup point each device stands."""
    points = {point.point_id: point for point in parts().codes.pickup_points.listed()}
    placed = parts().codes.pickup_points.devices()
    return {device_id: points[point_id] for device_id, point_id in placed.items() if point_id in points}


def _parcel_with_code(reference: str) -> ParcelRecord:
    """Return a parcel that waits for a code to be shown."""
    found = parcel_or_404(reference)
    if found.handed_over_at or not found.code_required:
        abort(409)
    return found


def _event(event: RecordedEvent) -> dict[str, object]:
    more = more_of(event.kind, event.facts)
    day = event.facts.get("day") if event.kind in (EventKind.WISHED, EventKind.REDIRECTED) else None
    told = local_day(current_language().code, date.fromisoformat(str(day))) if day else more and _text(more)
    return {"at": event.at, "words": _text(EVENT_WORDS[event.kind]), "more": told}


def _found(search: str) -> list[ParcelRecord]:
    found = parts().codes.parcels(search=search.upper().replace(" ", ""), limit=LISTED)
    return found if found or not search else parts().codes.parcels_of(search, limit=LISTED)


def _to_decide(which: ToDecide) -> list[ParcelRecord]:
    return parts().codes.parcels_to_decide(which, limit=LISTED)


def _matched(found: ParcelRecord, search: str) -> str:
    """Return what of a parcel fits a search, where its row does not show that anyway."""
    asked = search.lower()
    if not asked or asked in found.reference.lower() or asked in (found.recipient or "").lower():
        return ""
    told = (found.sender, found.email, found.consignment)
    return next((each for each in told if each and asked in each.lower()), found.phone or "")


def _texts(words: Mapping[Key, str]) -> dict[Key, str]:
    return {key: _text(word) for key, word in words.items()}


def _reasons() -> dict[str, str]:
    return _texts(REASON_WORDS)
