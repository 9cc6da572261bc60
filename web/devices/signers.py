"""Who answers by name for a handover without a code."""

from __future__ import annotations

import re
from uuid import UUID

from codes.accounts.second_factor import spend_code
from codes.accounts.shifts import PIN_DIGITS, member_by_pin, pin_of
from codes.accounts.staff import Member, credentials_named, member_by_password
from web.http.limits.guess_limits import charge_tries, code_limits, give_tries_back, pin_limits, signing_limit
from web.http.problems import Problem
from web.services import services


def signer(name: str, password: str, code: str, place: UUID) -> Member:
    """Return who signs, by PIN, or by password and second factor; ``place`` is the device or desk. Raises Problem.

    Guessing is slowed down here as it is at the office's door and at counters.
    """
    is_pin = re.fullmatch(rf"[0-9]{{{PIN_DIGITS}}}", password) is not None
    member = _by_pin(name, password) if is_pin else _by_password(name, password, code, place)
    if member is None:
        raise Problem(403, "bad-signer", f"{name}: the name, the password or the code is wrong", signer=name)
    return member


def _by_pin(name: str, pin: str) -> Member | None:
    limits = pin_limits(name)
    charge_tries(*limits)
    member = member_by_pin(services().codes.read(pin_of, name), pin)
    if member is not None:
        give_tries_back(*limits)
    return member


def _by_password(name: str, password: str, code: str, place: UUID) -> Member | None:
    codes, limit = services().codes, signing_limit(name)
    charge_tries(limit)
    found = codes.read(credentials_named, name)
    member = member_by_password(found, password)
    if found is None or member is None:
        return None
    give_tries_back(limit)
    if not found.second_factor:
        return member
    factor = code_limits(member.staff_id, str(place), is_known=False)
    charge_tries(*factor)
    if not codes.write(spend_code, member.staff_id, code):
        return None
    give_tries_back(*factor)
    return member
