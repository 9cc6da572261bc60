"""Members of staff, added and signed in as the office and its counters do."""

from __future__ import annotations

from uuid import UUID

from argon2 import PasswordHasher

from codes import DeliveryCodes
from codes.accounts.shifts import new_pin, set_pin
from codes.accounts.staff import Member, Role, add_staff, credentials_named, member_by_password

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hashed(given: str) -> str:
    """Return what the service keeps of a password, as quickly made as Argon2 allows, and so compared as quickly."""
    return CHEAP.hash(given)


def add_member(codes: DeliveryCodes, name: str, password: str, role: Role) -> UUID:
    """Add somebody with a password."""
    return codes.write(add_staff, name, hashed(password), role)


def member_with(codes: DeliveryCodes, name: str, password: str) -> Member | None:
    """Return whose name and password these are."""
    return member_by_password(codes.read(credentials_named, name), password)


def give_pin(codes: DeliveryCodes, staff_id: UUID) -> str:
    """Give somebody a PIN."""
    pin = new_pin()
    codes.write(set_pin, staff_id, hashed(pin))
    return pin
