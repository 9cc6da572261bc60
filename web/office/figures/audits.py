"""The auditor's page: one parcel, everything in order, in plain words; and answers to reports."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.delivering.visits import visits_of_parcel
from codes.life.contests import CannotAnswer, answer_report
from codes.life.parcel_records import events_of_parcel
from codes.life.report_photos import photo_of_report
from codes.office.searching import FoundOrder, Wanted, count_found, find_parcels
from codes.proving.chain import write_moment
from codes.proving.events import RecordedEvent
from codes.proving.proof import grade_of
from web.api.proofs import proof_file, proof_pdf
from web.http.access import for_roles, this_member
from web.i18n import current_language, text
from web.i18n.event_words import EVENT_WORDS, more_of
from web.office.figures.plain_facts import plain_facts
from web.office.figures.spreadsheets import spreadsheet
from web.office.lists import asked_day, asked_page, asked_text
from web.office.parcels.parcels import parcel_or_404
from web.office.parcels.timeline import names_in
from web.services import services

blueprint = Blueprint("audits", __name__, url_prefix="/office/audit")
for_auditing = for_roles(Role.AUDITOR, Role.SUPERVISOR)


@blueprint.get("")
@for_auditing
def search() -> ResponseReturnValue:
    """Find parcels by tracking number, recipient, device and day."""
    wanted = Wanted(asked_text("reference", 60), asked_text("recipient", 254), asked_text("device", 60), asked_day())
    listing, found = asked_page(find_parcels, count_found, wanted, FoundOrder.ANNOUNCED)
    return render_template(
        "office/figures/audits.html", here="audits.search", wanted=wanted, found=found, listing=listing
    )


@blueprint.get("/<path:reference>")
@for_auditing
def parcel(reference: str) -> ResponseReturnValue:
    """Show everything that happened, in order, with each link of the chain."""
    found = parcel_or_404(reference)
    events = services().codes.read(events_of_parcel, found.parcel_id)
    names = names_in(events)
    return render_template(
        "office/figures/audit.html",
        here="office.parcels",
        parcel=found,
        grade=grade_of([{"kind": event.kind, "facts": event.facts} for event in events]),
        events=[(event, *_words(event), plain_facts(event.facts, names)) for event in events],
        places={str(each.visit_id): each.place for each in services().codes.read(visits_of_parcel, found.parcel_id)},
    )


@blueprint.get("/<path:reference>/events.csv")
@for_auditing
def as_csv(reference: str) -> ResponseReturnValue:
    """Give the same as a table that no spreadsheet takes for a formula."""
    events = services().codes.read(events_of_parcel, parcel_or_404(reference).parcel_id)
    return spreadsheet("events.csv", ["position", "at", "what", "more", "facts", "link"], map(_row, events))


@blueprint.get("/<path:reference>/proof.json")
@for_auditing
def proof(reference: str) -> ResponseReturnValue:
    """Give the proof file."""
    return proof_file(parcel_or_404(reference).reference)


@blueprint.get("/<path:reference>/proof.pdf")
@for_auditing
def sheet(reference: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper."""
    return proof_pdf(parcel_or_404(reference).reference)


@blueprint.post("/reports/<uuid:report_id>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def answer(report_id: UUID) -> ResponseReturnValue:
    """Answer a report in one's own name."""
    try:
        services().codes.write(answer_report, report_id, this_member(), request.form.get("answer", ""))
    except CannotAnswer:
        abort(409)
    return redirect(url_for("office.parcel", reference=request.args.get("reference", "")), 303)


@blueprint.get("/reports/<uuid:report_id>/photo.jpg")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR, Role.AUDITOR)
def photo(report_id: UUID) -> ResponseReturnValue:
    """Show the photograph that came with a report, if it is the one whose digest the chain holds."""
    found = services().codes.read(photo_of_report, report_id)
    return Response(found or abort(404), mimetype="image/jpeg")


def _row(event: RecordedEvent) -> list[object]:
    facts = "; ".join(f"{name}: {value}" for name, value in sorted(event.facts.items()))
    return [event.position, write_moment(event.at), *_words(event), facts, event.link.hex()]


def _words(event: RecordedEvent) -> tuple[str, str | None]:
    language, more = current_language().code, more_of(event.kind, event.facts)
    return text(language, EVENT_WORDS[event.kind]), text(language, more) if more else None
