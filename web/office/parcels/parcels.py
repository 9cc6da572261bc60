"""The parcels, listed and found; one of them with all that happened to it; and what staff do with it there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from babel.numbers import format_currency
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.delivering.assignments import device_tours
from codes.delivering.delivery_day import mark_out_for_delivery, missed_among
from codes.life import blocking
from codes.life.address_checks import warnings_of
from codes.life.blocking import Blocker, Part
from codes.life.contests import reports_of
from codes.life.parcel_records import ParcelRecord, events_of_parcel, find_parcel
from codes.office.parcel_list import Matter, Order, count_parcels, list_page, matters_of
from codes.pickup.points import list_points
from codes.pickup.stays import whereabouts_of
from codes.recipients import code_requests
from codes.recipients.code_requests import Asker, SentAgain
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ticket_of_holder
from codes.recipients.wishes import offered_to_office, standing_wish
from codes.store.budgets import TooOften
from codes.store.parcel_rows import UnknownParcel
from codes.values.folding import fold
from codes.values.tracking_numbers import BadReference
from web.http.access import for_roles, for_staff, may, this_member
from web.i18n import N_, current_language, offered, text
from web.i18n.event_words import REASON_WORDS
from web.i18n.office_words import MESSAGE_WORDS, REPORT_WORDS, WARNING_WORDS
from web.office.lists import asked_page
from web.office.parcels.filters import MATTER_WORDS, STATE_WORDS, asked_filters
from web.office.parcels.mails import may_read_mails
from web.office.parcels.timeline import last_presented, timeline
from web.office.refusals import Refused
from web.services import services

blueprint = Blueprint("office", __name__, url_prefix="/office")

Key = TypeVar("Key")
DONE: dict[str, str] = {
    SentAgain.SENT: N_("The code is on its way again."),
    SentAgain.TOO_SOON: N_("It was sent just now"),
    "announced": N_("The parcel is announced. If it needs a code, the email with it is on its way."),
    "out": N_("The parcel is out for delivery."),
    "renewed": N_("A new code is on its way. The old one no longer works."),
    "blocked": N_("The parcel is blocked. Nobody can receive it until it is unblocked here."),
    "unblocked": N_("The parcel can be received again, with the code that it has."),
    "redirected": N_("Noted. The recipient will be told."),
    "cancelled": N_("Noted. Nobody can receive this parcel any more."),
    "returned": N_("Noted. Nobody can receive this parcel any more."),
    "delivered_elsewhere": N_("Noted. Nobody can receive this parcel any more."),
    "assigned": N_("The parcel is on the tour."),
    "supervised": N_("Handed over without a code."),
    "corrected": N_("Corrected, for every parcel of this consignment. A new email address or phone gets a new code."),
    "unchanged": N_("There was nothing to change."),
}
DECIDING_WORDS: dict[Matter, str] = {
    Matter.REPORTED: N_("A problem was reported, and nobody has answered yet."),
    Matter.VISIT_FAILED: N_("A visit failed, and nothing has been decided since."),
    Matter.LOCKED: N_("Its six digits are locked after too many wrong tries. The symbol still opens it."),
    Matter.BLOCKED: N_("It is blocked: nobody can receive it until it is unblocked."),
    Matter.MAIL_FAILED: N_("An email about it was not delivered, and none has been sent since."),
    Matter.CONFLICT: N_("It was handed over without network, although the code would have been refused."),
}
CHOSEN_DONE = {
    "out": N_("Out for delivery."),
    "sent": N_("The code is on its way again."),
    "assigned": N_("Put on the tour."),
}


def _text(message: str) -> str:
    return text(current_language().code, message)


@blueprint.get("")
@for_staff
def parcels() -> ResponseReturnValue:
    """List the parcels that fit, a page at a time."""
    codes, filters = services().codes, asked_filters()
    listing, found = asked_page(list_page, count_parcels, filters, Order.ANNOUNCED)
    ids, tours = [each.parcel_id for each in found], codes.read(device_tours)
    return render_template(
        "office/parcels/parcels.html",
        here="office.parcels",
        parcels=found,
        filters=filters,
        listing=listing,
        state_words=_texts(STATE_WORDS),
        matter_words=_texts(MATTER_WORDS),
        matters=codes.read(matters_of, ids),
        matched={each.parcel_id: _matched(each, filters.search) for each in found},
        reasons=_reasons(),
        missed=codes.read(missed_among, ids),
        tours=tours,
        tour_names=[(each.device_id, each.name) for each in tours],
        point_names=[(each.point_id, each.name) for each in codes.read(list_points)],
        printing=codes.settings.print_letters,
        done=_done(),
    )


def _done() -> str | None:
    """Return what was just done, as the address says it."""
    done, count = request.args.get("done"), request.args.get("count", type=int)
    if done not in CHOSEN_DONE or count is None:
        return None
    told = f"{_text(CHOSEN_DONE[done])} {_text(N_('Parcels: %(count)s')) % {'count': count}}"
    left = request.args.getlist("left")
    return f"{told}. {_text(N_('Left as they were:'))} {', '.join(left)}" if left else told


@blueprint.get("/parcels/<path:reference>")
@for_staff
def parcel(reference: str) -> ResponseReturnValue:
    """Show one parcel and everything that happened to it."""
    return parcel_page(parcel_or_404(reference))


def parcel_page(found: ParcelRecord, refused: Refused | None = None) -> str:
    """Return a parcel's page; a form that was sent and cannot stand so is open again."""
    ticket = services().codes.read(ticket_of_holder, found.holder_id)
    events = services().codes.read(events_of_parcel, found.parcel_id)
    matters = services().codes.read(matters_of, [found.parcel_id])[found.parcel_id]
    return render_template(
        "office/parcels/parcel.html",
        here="office.parcels",
        parcel=found,
        value=format_currency(found.value, found.currency, locale=current_language().code),
        match_number=ticket.match_number if ticket else None,
        waiting=ticket.waiting if ticket else None,
        events=timeline(events),
        presented=last_presented(events),
        deciding=[(matter, _text(DECIDING_WORDS[matter])) for matter in DECIDING_WORDS if matter in matters],
        code=ticket.code if ticket else None,
        reports=services().codes.read(reports_of, found.parcel_id),
        report_words=_texts(REPORT_WORDS),
        messages=services().codes.read(listed_messages, limit=50, parcel_id=found.parcel_id),
        printing=services().codes.settings.print_letters,
        reading_out=services().codes.settings.read_out_by_phone and ticket is not None and ticket.phone is not None,
        wish=services().codes.read(standing_wish, found.parcel_id),
        where=services().codes.read(whereabouts_of, found.parcel_id),
        **_ways(found),
        missed=bool(services().codes.read(missed_among, [found.parcel_id])),
        kinds=_texts(MESSAGE_WORDS),
        reasons=_reasons(),
        readable=may_read_mails(),
        warning=_warning(found),
        mail_languages=_languages(found.language),
        done=_text(DONE[request.args["done"]]) if request.args.get("done") in DONE else None,
        refused=refused,
    )


@blueprint.post("/send-again/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def send_again(reference: str) -> ResponseReturnValue:
    """Send the same code again to the address that is registered."""
    found = parcel_or_404(reference)
    result = services().codes.write(code_requests.send_again, found.holder_id, Asker.STAFF)
    if result is SentAgain.TOO_OFTEN:
        raise TooOften("the mail was sent too often today")
    return redirect(url_for("office.parcel", reference=found.reference, done=result), 303)


@blueprint.post("/out-for-delivery/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def out_for_delivery(reference: str) -> ResponseReturnValue:
    """Record that the parcel has left."""
    try:
        services().codes.write(mark_out_for_delivery, reference)
    except (UnknownParcel, BadReference):
        abort(404)
    return redirect(url_for("office.parcel", reference=reference, done="out"), 303)


@blueprint.post("/renew/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def renew(reference: str) -> ResponseReturnValue:
    """Make a new code in place of the old one, which is dead at once, and send it."""
    found = _parcel_with_code(reference)
    if not services().codes.write(code_requests.renew, found.holder_id, Asker.STAFF):
        raise TooOften("this code was renewed too often today")
    return redirect(url_for("office.parcel", reference=found.reference, done="renewed"), 303)


@blueprint.post("/block/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def block(reference: str) -> ResponseReturnValue:
    """Let nobody receive a parcel, whatever code they have, until it is let go again."""
    found = parcel_or_404(reference)
    services().codes.write(blocking.block, found.parcel_id, Blocker(Part.OFFICE, this_member().staff_id))
    return redirect(url_for("office.parcel", reference=found.reference, done="blocked"), 303)


@blueprint.post("/unblock/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def unblock(reference: str) -> ResponseReturnValue:
    """Let a parcel go again, with the code that it has."""
    found = parcel_or_404(reference)
    services().codes.write(blocking.unblock, found.parcel_id, Blocker(Part.OFFICE, this_member().staff_id))
    return redirect(url_for("office.parcel", reference=found.reference, done="unblocked"), 303)


def _ways(found: ParcelRecord) -> dict[str, object]:
    """Return where a parcel can be sent from here, for those who may send it."""
    if found.handed_over_at is not None or found.ended_as is not None or not may("routing.redirect_parcel", "POST"):
        return {"offered": None, "tours": ()}
    codes = services().codes
    tours = codes.read(device_tours)
    return {"offered": codes.read(offered_to_office, found.parcel_id), "tours": tours}


def _parcel_with_code(reference: str) -> ParcelRecord:
    """Return a parcel that waits for a code to be shown."""
    found = parcel_or_404(reference)
    if found.handed_over_at or not found.code_required:
        abort(409)
    return found


def _languages(stands: str) -> list[tuple[str, str]]:
    """Return the languages that can be chosen, and the one that stands although no page speaks it."""
    named = [(each.code, each.native_name) for each in offered()]
    return named if stands in dict(named) else [(stands, stands), *named]


def _warning(found: ParcelRecord) -> str:
    """Return what stands in doubt about the recipient's mail address, while something can still be sent there."""
    warning = services().codes.read(warnings_of, [found.holder_id]).get(found.holder_id)
    return _text(WARNING_WORDS[warning]) if warning and not found.handed_over_at else ""


def _matched(found: ParcelRecord, search: str) -> str:
    """Return what of a parcel fits a search, where its row does not show that anyway."""
    asked = fold(search)
    if not asked or asked in fold(found.reference) or asked in fold(found.recipient or ""):
        return ""
    told = (found.sender, found.email, found.consignment)
    return next((each for each in told if each and asked in fold(each)), found.phone or "")


def _texts(words: Mapping[Key, str]) -> dict[Key, str]:
    return {key: _text(word) for key, word in words.items()}


def _reasons() -> dict[str, str]:
    return _texts(REASON_WORDS)


def parcel_or_404(reference: str) -> ParcelRecord:
    """Return the parcel with this number; else the request ends in 404."""
    try:
        return services().codes.read(find_parcel, reference) or abort(404)
    except BadReference:
        abort(404)
