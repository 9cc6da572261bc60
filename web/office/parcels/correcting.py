"""The recipient of a parcel is corrected on its page, until the handover."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from codes.accounts.staff import Member, Role
from codes.life.parcel_records import ParcelRecord, find_parcel
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import Changes, correct
from codes.store.transaction import Transaction
from web.api.requests import CorrectionBody, house_in
from web.http.access import for_roles, this_member
from web.http.problems import REFUSED, Problem, problem_for
from web.i18n import N_, current_language, text
from web.office.parcels.parcels import parcel_or_404, parcel_page
from web.office.refusals import Refused, refused_by
from web.services import services

blueprint = Blueprint("correcting", __name__, url_prefix="/office")

FIELD_WORDS = {
    "name": N_("Name"),
    "email": N_("Email address"),
    "phone": N_("Phone, such as +491701234567"),
    "language": N_("Language"),
    "street": N_("Street and number"),
    "postcode": N_("Postcode"),
    "city": N_("City"),
    "note": N_("Note for the driver"),
}

FAULTS = {
    "changed-meanwhile": N_("Somebody else has corrected this recipient in the meantime. Check again."),
    "cannot-correct": N_("This can no longer be changed."),
    "blocked": N_("The parcel is blocked. Unblock it first, then correct the recipient."),
    "too-often": N_("This recipient was corrected too often today."),
}
NOT_POSSIBLE = N_("That was not possible")


@blueprint.post("/correct/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def correct_recipient(reference: str) -> ResponseReturnValue:
    """Correct what the form says otherwise; what cannot stand so leaves everything as it was, and is named."""
    found = parcel_or_404(reference)
    sent = {name: request.form[name].strip() or None for name in FIELD_WORDS if name in request.form}
    try:
        changes = CorrectionBody.model_validate(sent, context=house_in(services().codes.house.country)).changes()
        stood = request.form.get("stood", "")
        changed = services().codes.write(_correct_if_unchanged, found, changes, this_member(), stood)
    except ValidationError as error:
        return parcel_page(found, refused_by(error, FIELD_WORDS, "correct")), 422
    except REFUSED as error:
        problem, language = problem_for(error), current_language().code
        words = text(language, FAULTS.get(problem.slug, NOT_POSSIBLE))
        return parcel_page(found, Refused(words, form="correct")), problem.status
    done = "corrected" if changed else "unchanged"
    return redirect(url_for("office.parcel", reference=found.reference, done=done), 303)


def _correct_if_unchanged(
    t: Transaction, found: ParcelRecord, changes: Changes, member: Member, stood: str
) -> frozenset[str]:
    """Correct what stands as the form showed it, so that nobody undoes what somebody else corrected. Raises Problem."""
    t.lock_parcel(found.parcel_id)
    now = find_parcel(t, found.reference)
    if now is None or str(now.corrected_at or "") != stood:
        raise Problem(409, "changed-meanwhile", "somebody else corrected this recipient meanwhile; look again")
    texts = services().mail.gateway is not None
    return correct(t, found.parcel_id, changes, Asker.STAFF, member=member, texts=texts)
