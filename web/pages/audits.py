"""The auditor's page: one parcel, everything in order, in plain words; and answers to reports."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.access import Role
from codes.chain import write_moment
from codes.contests import CannotAnswer
from codes.events import RecordedEvent
from codes.identifiers import BadReference
from codes.parcels import ParcelRecord
from codes.proof import grade_of
from codes.searching import Wanted, find_parcels
from web.access import for_roles, this_member
from web.api.proofs import proof_file, proof_pdf
from web.i18n import current_language, text
from web.office_words import EVENT_WORDS, more_of
from web.parts import parts

blueprint = Blueprint("audits", __name__, url_prefix="/office/audit")
for_auditing = for_roles(Role.AUDITOR, Role.SUPERVISOR)

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""


@blueprint.get("")
@for_auditing
def search() -> ResponseReturnValue:
    """Find parcels by tracking number, recipient, device and day."""
    asked = {name: request.args.get(name, "").strip() for name in ("reference", "recipient", "device")}
    day = None
    with suppress(ValueError):
        day = date.fromisoformat(request.args.get("day", ""))
    wanted = Wanted(**asked, day=day)
    found = find_parcels(parts().codes.database, wanted)
    return render_template("office/audits.html", here="audits.search", wanted=wanted, found=found)


@blueprint.get("/<path:reference>")
@for_auditing
def parcel(reference: str) -> ResponseReturnValue:
    """Show everything that happened, in order, with each link of the chain."""
    found = _found(reference)
    events = parts().codes.events(found.parcel_id)
    return render_template(
        "office/audit.html",
        here="office.parcels",
        parcel=found,
        grade=grade_of([{"kind": event.kind, "facts": event.facts} for event in events]),
        events=[(event, *_words(event)) for event in events],
    )


@blueprint.get("/<path:reference>/events.csv")
@for_auditing
def as_csv(reference: str) -> ResponseReturnValue:
    """Give the same as a table that no spreadsheet takes for a formula."""
    found = _found(reference)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["position", "at", "what", "more", "facts", "link"])
    for event in parts().codes.events(found.parcel_id):
        what, more = _words(event)
        facts = "; ".join(f"{name}: {value}" for name, value in sorted(event.facts.items()))
        cells = (str(event.position), write_moment(event.at), what, more or "", facts, event.link.hex())
        table.writerow([harmless(cell) for cell in cells])
    headers = {"Content-Disposition": "attachment; filename=events.csv"}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.get("/<path:reference>/proof.json")
@for_auditing
def proof(reference: str) -> ResponseReturnValue:
    """Give the proof file."""
    return proof_file(_found(reference).reference)


@blueprint.get("/<path:reference>/proof.pdf")
@for_auditing
def sheet(reference: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper."""
    return proof_pdf(_found(reference).reference)


@blueprint.post("/reports/<uuid:report_id>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def answer(report_id: UUID) -> ResponseReturnValue:
    """Answer a report in one's own name."""
    try:
        parts().codes.contests.answer(report_id, this_member(), request.form.get("answer", ""))
    except CannotAnswer:
        abort(409)
    return redirect(url_for("office.parcel", reference=request.args.get("reference", "")), 303)


def harmless(cell: str) -> str:
    """Return a cell that is text, whatever it begins with."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def _found(reference: str) -> ParcelRecord:
    try:
        return parts().codes.parcel(reference) or abort(404)
    except BadReference:
        abort(404)


def _words(event: RecordedEvent) -> tuple[str, str | None]:
    language, more = current_language().code, more_of(event.kind, event.facts)
    return text(language, EVENT_WORDS[event.kind]), text(language, more) if more else None
