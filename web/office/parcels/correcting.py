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
from web.http.problems import REFUSED, Problem, fields_of, problem_for
from web.i18n import N_, current_language, text
from web.office.parcels.parcels import parcel_or_404, parcel_page
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
        language = current_language().code
        named = [text(language, FIELD_WORDS[each["field"].partition(".")[0]]) for each in fields_of(error)]
        fault = text(language, "Please correct: %(fields)s", fields=", ".join(dict.fromkeys(named)))
        return parcel_page(found, fault=fault, form="correct"), 422
    except REFUSED as error:
        problem = problem_for(error)
        return parcel_page(found, fault=problem.detail, form="correct"), problem.status
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
