"""What everybody may have: the public key, the check page, and the holder's own proof and report."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.life.contests import LONGEST_WORDS, contest_handover, withdraw_report
from codes.life.report_photos import spend_for_photo
from codes.model import ReportKind
from codes.proving.canonical import parse_canonical
from codes.proving.proof_name import name_of
from codes.recipients.tickets import Ticket, TicketParcel
from codes.sealing.sealing_key import public_key_pem
from web.api.proofs import proof_file, proof_pdf
from web.http.access import by_address, public
from web.http.bodies import BodyKind, takes
from web.http.problems import Problem
from web.i18n import current_language, speak, text
from web.i18n.proof_words import GRADE_SENTENCES, REMARK_SENTENCES, STORY_SENTENCES, UNCONTESTED
from web.recipient.own_ticket import ticket_at
from web.services import services

blueprint = Blueprint("proofs", __name__)


@blueprint.get("/proofs/key.pem")
@public
def key() -> ResponseReturnValue:
    """Give the public key that proofs are checked with."""
    return Response(public_key_pem(services().codes.sealing_key), mimetype="application/x-pem-file")


@blueprint.get("/proofs/check")
@public
def check() -> ResponseReturnValue:
    """Show the page on which a proof is checked, in the reader's browser."""
    code = current_language().code
    words = {
        "story": {grade: text(code, sentence) for grade, sentence in STORY_SENTENCES.items()},
        "sure": {grade: [text(code, each) for each in both] for grade, both in GRADE_SENTENCES.items()},
        "remarks": {remark: text(code, sentence) for remark, sentence in REMARK_SENTENCES.items()},
        "uncontested": text(code, UNCONTESTED),
    }
    return render_template("recipient/proof-check.html", words=words)


@blueprint.get("/t/<key>/proof")
@by_address
def told_to_holder(key: str) -> ResponseReturnValue:
    """Lead a holder to the page that says what the proof of their own parcel says, and checks it, in their language."""
    proof = services().codes.proof_of(_parcel(ticket_at(key), request.args.get("parcel")).reference)
    name = name_of(parse_canonical(proof))
    return redirect(url_for("proofs.check", lang=current_language().code, _anchor=name), 303)


@blueprint.get("/t/<key>/proof.json")
@by_address
def of_ticket(key: str) -> ResponseReturnValue:
    """Give a holder the proof of their own parcel."""
    return proof_file(_parcel(ticket_at(key), request.args.get("parcel")).reference)


@blueprint.get("/t/<key>/proof.pdf")
@by_address
def sheet_of_ticket(key: str) -> ResponseReturnValue:
    """Give the same as a sheet of paper, in the language that the holder reads."""
    ticket = ticket_at(key)
    speak(ticket.language)
    return proof_pdf(_parcel(ticket, request.args.get("parcel")).reference)


def _is_no_word(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc" and not sign.isspace()


@blueprint.post("/t/<key>/report")
@by_address
@takes(BodyKind.REPORT)
def contest(key: str) -> ResponseReturnValue:
    """Record that a holder did not receive the parcel, or that it was opened, damaged, or another one than ordered."""
    ticket = ticket_at(key)
    kind, words = request.form.get("kind", ""), request.form.get("words", "")
    if kind not in set(ReportKind):
        raise Problem(400, "no-reason", "say what is wrong")
    # A browser counts the end of a line as one sign and sends two; here lines are made one anyway.
    if len(" ".join(words.splitlines())) > LONGEST_WORDS or any(map(_is_no_word, words)):
        raise Problem(422, "too-many-words", f"say it in at most {LONGEST_WORDS} characters")
    if request.form.get("confirmed") != "yes":
        raise Problem(422, "not-confirmed", "confirm that it is so; the sender acts on it")
    parcel = _parcel(ticket, request.form.get("parcel"))
    photo = _photo(parcel, ReportKind(kind))
    services().codes.write(contest_handover, ticket.holder_id, ReportKind(kind), parcel.parcel_id, words, photo)
    return redirect(url_for("ticket.page", key=key), 303)


@blueprint.post("/t/<key>/report/<uuid:report_id>/withdraw")
@by_address
def withdraw(key: str, report_id: UUID) -> ResponseReturnValue:
    """Take a report back within a day, before it is answered."""
    services().codes.write(withdraw_report, ticket_at(key).holder_id, report_id)
    return redirect(url_for("ticket.page", key=key), 303)


def _photo(parcel: TicketParcel, kind: ReportKind) -> bytes | None:
    """Return the photograph that came with a report, made small and read by a child process; None if none came."""
    sent = request.files.get("photo")
    if sent is None or not sent.filename:
        return None
    if not services().codes.settings.contest_photos:
        raise Problem(422, "invalid-request", "no photo is taken here")
    if kind is not ReportKind.DAMAGED:
        raise Problem(422, "photo-without-damage", "a photograph shows what is damaged, and nothing else")
    services().codes.write(spend_for_photo, parcel.parcel_id)
    with sent.stream as photo:
        return services().pictures().keep(photo.read())


def _parcel(ticket: Ticket, reference: str | None) -> TicketParcel:
    """Return which of a ticket's parcels is meant; 404 if it is none of them."""
    wanted = ticket.reference if reference is None else reference
    return next((parcel for parcel in ticket.parcels if parcel.reference == wanted), None) or abort(404)
