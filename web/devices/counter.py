"""Pages of a counter besides the one that hands over."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.staff import Task
from codes.model import DeviceKind
from web.http.access import for_device, this_device
from web.http.shift_guard import with_task
from web.i18n import N_, current_language, text

blueprint = Blueprint("counter", __name__, url_prefix="/counter")


@blueprint.get("/second")
@for_device
def second() -> ResponseReturnValue:
    """Show the recipient's side, on a second screen or a turned tablet."""
    return _of_counter("devices/second.html")


@blueprint.get("/intake")
@for_device
@with_task(Task.INTAKE)
def intake() -> ResponseReturnValue:
    """Take parcels in."""
    return _of_counter("devices/pickup.html", page_title=_text(N_("Check in")), script="counter/intake.js")


@blueprint.get("/shelves")
@for_device
@with_task(Task.INTAKE)
def shelves() -> ResponseReturnValue:
    """Show what lies where; move, send back, count."""
    return _of_counter("devices/pickup.html", page_title=_text(N_("Shelves")), script="counter/shelves.js")


@blueprint.get("/no-code")
@for_device
@with_task(Task.HAND_OVER, Task.SUPERVISE)
def no_code() -> ResponseReturnValue:
    """Send the email again, or have two supervisors sign."""
    return _of_counter("devices/pickup.html", page_title=_text(N_("No code")), script="counter/no-code.js")


def refused() -> ResponseReturnValue:
    """Say that this is for a colleague; what else may be done here is linked."""
    heading = _text(N_("Your role does not allow this"))
    return render_template("devices/counter-refused.html", heading=heading, device_name=this_device().name), 403


def _of_counter(template: str, **values: str) -> ResponseReturnValue:
    own = this_device()
    if own.kind is not DeviceKind.COUNTER:
        return redirect(url_for(f"handing.{own.kind.value}"))
    return render_template(template, device_name=own.name, device_id=own.device_id, **values)


def _text(message: str) -> str:
    return text(current_language().code, message)
