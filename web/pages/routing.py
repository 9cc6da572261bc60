"""Which way a parcel goes, decided on its page: on a tour, on another day, to a pickup point, or out without a code."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.access import Role
from codes.delivering.tours import TourTooLong, UnknownDevice
from codes.recipients.redirecting import CannotRedirect
from web.access import for_roles, this_member
from web.guessing import charge_try
from web.i18n import N_, current_language, text
from web.pages.finding import parcel_or_404
from web.pages.office import parcel_page
from web.parts import parts
from web.problems import Problem
from web.signers import hand_over_by_two, signer

blueprint = Blueprint("routing", __name__, url_prefix="/office")

TRIES_PER_MEMBER = 20
FAULTS = {
    "bad-signer": N_("A name, a password, a PIN or a code is wrong"),
    "not-supervised": N_("Two different supervisors and a reason are needed"),
    "too-many-tries": N_("Too many tries. Wait a quarter of an hour."),
}


@blueprint.post("/redirect/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def redirect_parcel(reference: str) -> ResponseReturnValue:
    """Let the parcel come on another day or go to a pickup point; with neither, as it was planned."""
    found, redirecting = parcel_or_404(reference), parts().codes.redirecting
    day, point = request.form.get("day"), request.form.get("point")
    try:
        if day:
            redirecting.to_day(found.parcel_id, date.fromisoformat(day), this_member())
        elif point:
            redirecting.to_point(found.parcel_id, UUID(point), this_member())
        else:
            redirecting.as_planned(found.parcel_id, this_member())
    except ValueError as error:
        raise Problem(422, "invalid-request", "choose a day or a pickup point") from error
    except CannotRedirect as error:
        raise Problem(409, "cannot-redirect", str(error)) from error
    return redirect(url_for("office.parcel", reference=found.reference, done="redirected"), 303)


@blueprint.post("/assign/<path:reference>")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def assign(reference: str) -> ResponseReturnValue:
    """Put the parcel on a driver's tour, and off the one it was on."""
    found = parcel_or_404(reference)
    try:
        assigned = parts().codes.tours.assign(request.form.get("device", ""), [found.reference])
    except UnknownDevice:
        abort(404)
    except TourTooLong as error:
        raise Problem(409, "tour-too-long", str(error)) from error
    if assigned.refused:
        raise Problem(409, "cannot-assign", "this parcel was handed over, or comes on another day")
    return redirect(url_for("office.parcel", reference=found.reference, done="assigned"), 303)


@blueprint.post("/hand-over-without-code/<path:reference>")
@for_roles(Role.SUPERVISOR)
def hand_over_without_code(reference: str) -> ResponseReturnValue:
    """Record a handover that the one who is signed in and a colleague answer for, each by name, with a reason."""
    found, form = parcel_or_404(reference), request.form
    try:
        charge_try(f"signing by {this_member().staff_id}", TRIES_PER_MEMBER)
        second = signer(form.get("name", "").strip(), form.get("password", ""), form.get("code", "").strip())
        hand_over_by_two(found.reference, this_member(), second, form.get("reason", ""))
    except Problem as problem:
        if problem.slug not in FAULTS:
            raise
        return parcel_page(found, fault=text(current_language().code, FAULTS[problem.slug])), problem.status
    parts().codes.throttle.forgive(f"signing by {this_member().staff_id}")
    return redirect(url_for("office.parcel", reference=found.reference, done="supervised"), 303)
