"""What everybody may have: the public key, the check page, and the holder's own proof and report."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.life.contests import CannotContest
from codes.model import ReportKind
from codes.proving.proofs import public_key_pem
from web.access import by_address, public
from web.api.proofs import proof_file, proof_pdf
from web.i18n import current_language, speak, text
from web.office_words import GRADE_SENTENCES
from web.pages.own_ticket import ticket_at
from web.parts import parts

blueprint = Blueprint("proofs", __name__)


@blueprint.get("/proofs/key.pem")
@public
def key() -> ResponseReturnValue:
    """Give the public key that proofs are checked with."""
    return Response(public_key_pem(parts().codes.log.key), mimetype="application/x-pem-file")


@blueprint.get("/proofs/check")
@public
def check() -> ResponseReturnValue:
    """Show the page on which a proof is checked, in the reader's browser."""
    code = current_language().code
    sentences = {grade: [text(code, each) for each in both] for grade, both in GRADE_SENTENCES.items()}
    return render_template("proof-check.html", sentences=sentences)


@blueprint.get("/t/<key>/proof.json")
@by_address
def of_ticket(key: str) -> ResponseReturnValue:
    """Give a holder the proof of their own parcel."""
    ticket = ticket_at(key)
    return proof_file(ticket.reference)


@blueprint.get("/t/<key>/proof.pdf")
@by_address
def sheet_of_ticket(key: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper, in the language that the holder reads."""
    ticket = ticket_at(key)
    speak(ticket.language)
    return proof_pdf(ticket.reference)


@blueprint.post("/t/<key>/report")
@by_address
def contest(key: str) -> ResponseReturnValue:
    """Record that a holder did not receive the parcel, or that it was opened."""
    ticket = ticket_at(key)
    kind = request.form.get("kind", "")
    if kind not in set(ReportKind):
        abort(400)
    try:
        parts().codes.contests.contest(ticket.holder_id, ReportKind(kind))
    except CannotContest:
        abort(409)
    return redirect(url_for("ticket.page", key=key), 303)
