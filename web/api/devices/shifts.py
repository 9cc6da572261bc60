"""Staff sign in and out at a shared counter."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field, StringConstraints

from codes.accounts import shifts
from codes.accounts.staff import Member
from codes.accounts.staff_log import log_action
from codes.store.transaction import Transaction
from web.api.answers import Answered
from web.api.devices.pickup import this_counter
from web.api.operations import operation
from web.api.requests import Strict, body_as
from web.http.access import for_device, this_device
from web.http.limits.guess_limits import charge_tries, device_limits, give_tries_back, pin_limits
from web.http.problems import Problem
from web.http.shift_guard import NotYourTask, tasks_at, working
from web.services import services

blueprint = Blueprint("api_shifts", __name__, url_prefix="/api/v1/shift")


class PinBody(Strict):
    """A name and its PIN."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    pin: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{shifts.PIN_DIGITS}}}$")]


class BadgeBody(Strict):
    """What was read from a badge."""

    badge: Annotated[str, StringConstraints(pattern=rf"^{shifts.BADGE_PREFIX}[A-Z0-9]{{8,60}}$")]


class ShiftBody(Strict):
    """Somebody who signs in, by one of two means."""

    by: PinBody | BadgeBody


class ShiftAnswer(Answered):
    """Whether anybody has to sign in here, who is, and what they may do."""

    needed: bool
    name: str | None
    tasks: list[str]
    names: list[str]
    idle_seconds: int


@blueprint.get("")
@for_device
@operation({200: ShiftAnswer})
def shift() -> ShiftAnswer:
    """Say who works at this counter, and who could."""
    return _answer(working(this_counter()))


@blueprint.post("")
@for_device
@operation({200: ShiftAnswer}, 429, body=ShiftBody)
def start() -> ShiftAnswer:
    """Sign somebody in, in place of whoever was; guessing is slowed down by name and by device."""
    counter, body, codes = this_counter(), body_as(ShiftBody).by, services().codes
    by_pin = isinstance(body, PinBody)
    limits = (*device_limits(counter), *(pin_limits(body.name) if isinstance(body, PinBody) else ()))
    charge_tries(*limits)
    if isinstance(body, PinBody):
        member = shifts.member_by_pin(codes.read(shifts.pin_of, body.name), body.pin)
    else:
        member = codes.read(shifts.member_by_badge, body.badge)
    if member is None:
        raise Problem(403, "bad-pin" if by_pin else "bad-badge", "this opens nothing here; try again")
    give_tries_back(*limits)
    if not member.tasks:
        raise NotYourTask(member.name)
    codes.write(_start, counter, member, this_device().name)
    return _answer(member)


@blueprint.delete("")
@for_device
@operation({204: None})
def end() -> ResponseReturnValue:
    """Sign out whoever works at this counter."""
    services().codes.write(_end, this_counter(), this_device().name)
    return "", 204


def _start(t: Transaction, counter: UUID, member: Member, device: str) -> None:
    shifts.start_shift(t, counter, member)
    log_action(t, member.staff_id, member.name, "shift.start", device, 200)


def _end(t: Transaction, counter: UUID, device: str) -> None:
    if shift := shifts.who_works(t, counter):
        log_action(t, shift.member.staff_id, shift.member.name, "shift.end", device, 204)
    shifts.end_shift(t, counter)


def _answer(member: Member | None) -> ShiftAnswer:
    codes = services().codes
    return ShiftAnswer(
        needed=codes.settings.counter_sign_in,
        name=member.name if member else None,
        tasks=sorted(tasks_at(this_counter(), member)),
        names=codes.read(shifts.names_with_pins),
        idle_seconds=60 * codes.settings.counter_idle_minutes,
    )
