"""Which way a parcel goes, decided on its page: on a tour, another day, to a point, out without a code, or no more."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Role
from codes.delivering import assignments
from codes.delivering.ending import end
from codes.delivering.visits import hand_over_supervised
from codes.life.blocking import Blocker, Part
from codes.model import Ending
from codes.recipients import wishes
from web.devices.signers import signer
from web.http.access import for_roles, this_member
from web.http.forms import wished_in
from web.http.limits.guess_limits import charge_tries, device_limits, give_tries_back
from web.http.problems import REFUSED, Problem, problem_for
from web.i18n import N_, current_language, text
from web.office.parcels.parcels import parcel_or_404, parcel_page
from web.office.refusals import Refused
from web.services import services

blueprint = Blueprint("routing", __name__, url_prefix="/office")

FAULTS = {
    "bad-signer": N_("A name, a password, a PIN or a code is wrong"),
    "not-supervised": N_("Two different supervisors and a reason are needed"),
    "too-many-tries": N_("Too many tries. Wait a quarter of an hour."),
}

FAULTY = {"bad-signer": ("name", "password"), "not-supervised": ("name", "reason")}


@blueprint.post("/redirect/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def redirect_parcel(reference: str) -> ResponseReturnValue:
    """Let the parcel come on another day or go to a pickup point; with neither, as it was planned."""
    found, codes = parcel_or_404(reference), services().codes
    if wished := wished_in(request.form):
        codes.write(wishes.redirect, found.parcel_id, wished, this_member())
    else:
        codes.write(wishes.let_come_as_planned, found.parcel_id, this_member())
    return redirect(url_for("office.parcel", reference=found.reference, done="redirected"), 303)


@blueprint.post("/end/<ending>/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def end_parcel(ending: str, reference: str) -> ResponseReturnValue:
    """Record for good that the parcel comes to nobody any more, was delivered elsewhere, or went back."""
    if ending not in set(Ending):
        abort(404)
    found, member = parcel_or_404(reference), this_member()
    services().codes.write(end, found.parcel_id, Ending(ending), Blocker(Part.OFFICE, member.staff_id))
    return redirect(url_for("office.parcel", reference=found.reference, done=ending), 303)


@blueprint.post("/assign/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def assign(reference: str) -> ResponseReturnValue:
    """Put the parcel on a driver's tour, and off the one it was on."""
    found = parcel_or_404(reference)
    assigned = services().codes.write(assignments.assign, request.form.get("device", ""), [found.reference])
    if assigned.refused:
        raise Problem(409, "cannot-assign", "this parcel was handed over, or comes on another day")
    return redirect(url_for("office.parcel", reference=found.reference, done="assigned"), 303)


@blueprint.post("/hand-over-without-code/<path:reference>")
@for_roles(Role.SUPERVISOR)
def hand_over_without_code(reference: str) -> ResponseReturnValue:
    """Record a handover that the one who is signed in and a colleague answer for, each by name, with a reason."""
    found, form = parcel_or_404(reference), request.form
    try:
        desk = this_member().staff_id
        limits = device_limits(desk)
        charge_tries(*limits)
        second = signer(form.get("name", "").strip(), form.get("password", ""), form.get("code", "").strip(), desk)
        reason = form.get("reason", "")
        services().codes.write(hand_over_supervised, found.reference, this_member(), second, reason)
    except REFUSED as error:
        problem = problem_for(error)
        if problem.slug not in FAULTS:
            raise
        refused = Refused(
            text(current_language().code, FAULTS[problem.slug]), FAULTY.get(problem.slug, ()), "supervised"
        )
        return parcel_page(found, refused), problem.status
    give_tries_back(*limits)
    return redirect(url_for("office.parcel", reference=found.reference, done="supervised"), 303)
