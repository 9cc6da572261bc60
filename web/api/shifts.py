"""Staff sign in and out at a shared counter."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field, StringConstraints

from codes.accounts.access import Member
from codes.accounts.shifts import BADGE_PREFIX, PIN_DIGITS
from web.access import for_device, this_device
from web.api.pickup import this_counter
from web.api.requests import Strict, body_as
from web.guessing import TRIES_PER_PIN, charge_try, pin_of
from web.parts import parts
from web.problems import Problem
from web.shifts import NotYourTask, tasks_at

blueprint = Blueprint("api_shifts", __name__, url_prefix="/api/v1/shift")

TRIES_PER_DEVICE = 15


class PinBody(Strict):
    """A name and its PIN."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    pin: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{PIN_DIGITS}}}$")]


class BadgeBody(Strict):
    """What was read from a badge."""

    badge: Annotated[str, StringConstraints(pattern=rf"^{BADGE_PREFIX}[A-Z0-9]{{8,60}}$")]


class ShiftBody(Strict):
    """Somebody who signs in, by one of two means."""

    by: PinBody | BadgeBody


class ShiftAnswer(BaseModel):
    """Whether anybody has to sign in here, who is, and what they may do."""

    needed: bool
    name: str | None
    tasks: list[str]
    names: list[str]
    idle_seconds: int


@blueprint.get("")
@for_device
def shift() -> ResponseReturnValue:
    """Say who works at this counter, and who could."""
    return _answer(parts().codes.shifts.working(this_counter()))


@blueprint.post("")
@for_device
def start() -> ResponseReturnValue:
    """Sign somebody in, in place of whoever was; guessing is slowed down by name and by device."""
    counter, body, codes = this_counter(), body_as(ShiftBody).by, parts().codes
    subjects = {f"counter {counter}": TRIES_PER_DEVICE}
    if isinstance(body, PinBody):
        subjects[pin_of(body.name)] = TRIES_PER_PIN
    for subject, most in subjects.items():
        charge_try(subject, most)
    by_pin = isinstance(body, PinBody)
    member = (
        codes.shifts.by_pin(body.name, body.pin) if isinstance(body, PinBody) else codes.shifts.by_badge(body.badge)
    )
    if member is None:
        raise Problem(403, "bad-pin" if by_pin else "bad-badge", "this opens nothing here; try again")
    for subject in subjects:
        codes.throttle.forgive(subject)
    if not member.tasks:
        raise NotYourTask(member.name)
    action = codes.staff_log.begin(member.staff_id, member.name, "shift.start", this_device().name)
    codes.shifts.start(counter, member)
    codes.staff_log.end(action, 200)
    return _answer(member)


@blueprint.delete("")
@for_device
def end() -> ResponseReturnValue:
    """Sign out whoever works at this counter."""
    counter, codes = this_counter(), parts().codes
    if member := codes.shifts.working(counter):
        codes.staff_log.end(codes.staff_log.begin(member.staff_id, member.name, "shift.end", this_device().name), 204)
    codes.shifts.end(counter)
    return "", 204


def _answer(member: Member | None) -> dict[str, Any]:
    codes = parts().codes
    return {
        "needed": codes.settings.counter_sign_in,
        "name": member.name if member else None,
        "tasks": sorted(tasks_at(this_counter(), member)),
        "names": codes.shifts.names(),
        "idle_seconds": int(codes.shifts.idle.total_seconds()),
    }
