"""Who answers by name for a handover without a code."""

from __future__ import annotations

import re

from codes.accounts.access import Member
from codes.accounts.shifts import PIN_DIGITS
from codes.delivering.visits import AlreadyHandedOver, NotSupervised
from web.guessing import TRIES_PER_PIN, charge_try, pin_of
from web.parts import parts
from web.problems import Problem

TRIES_PER_ACCOUNT = 10


def signer(name: str, password: str, code: str = "") -> Member:
    """Return who signs, by PIN, or by password and second factor. Raises Problem.

    Guessing passwords is slowed down here as it is at the office's door.
    """
    codes = parts().codes
    is_pin = re.fullmatch(rf"[0-9]{{{PIN_DIGITS}}}", password) is not None
    subjects = {f"account {name.casefold()}": TRIES_PER_ACCOUNT}
    if is_pin:
        subjects[pin_of(name)] = TRIES_PER_PIN
    for subject, most in subjects.items():
        charge_try(subject, most)
    if is_pin:
        member, right = codes.shifts.by_pin(name, password), True
    else:
        member = codes.access.member_by_password(name, password)
        factor = member is not None and codes.second_factors.has(member.staff_id)
        right = member is not None and (not factor or codes.second_factors.spend(member.staff_id, code))
    if member is None or not right:
        raise Problem(403, "bad-signer", f"{name}: the name, the password or the code is wrong", signer=name)
    for subject in subjects:
        codes.throttle.forgive(subject)
    return member


def hand_over_by_two(reference: str, first: Member, second: Member, reason: str) -> str:
    """Record a handover for which two people answer; returns the match number. Raises Problem or UnknownParcel."""
    try:
        return parts().codes.visits.hand_over_supervised(reference, first, second, reason)
    except NotSupervised as error:
        raise Problem(422, "not-supervised", str(error)) from error
    except AlreadyHandedOver as error:
        raise Problem(409, "already-handed-over", str(error)) from error
