"""The second factor: enrolled by a first code, no code taken twice, recovery codes kept as digests."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, tables
from codes.accounts.access import Role
from codes.accounts.second_factor import RECOVERY_CODES, WrongOneTimeCode
from tests.parts.clock import TurnableClock


@pytest.fixture
def member(codes: DeliveryCodes) -> UUID:
    """A member of staff."""
    return codes.access.add_staff("Sample Member", "a sample password", Role.DISPATCHER)


def app_of(codes: DeliveryCodes, staff_id: UUID) -> pyotp.TOTP:
    """What an authenticator app holds after it has read the symbol."""
    factor_id = codes.second_factors.begin(staff_id)
    app = pyotp.parse_uri(codes.second_factors.provisioning_uri(factor_id, "Sample Member"))
    assert isinstance(app, pyotp.TOTP)
    return app


def test_a_prepared_app_counts_only_after_its_first_code(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock
) -> None:
    app = app_of(codes, member)
    assert not codes.second_factors.has(member)
    with pytest.raises(WrongOneTimeCode):
        codes.second_factors.confirm(member, "000000x")
    assert len(codes.second_factors.confirm(member, app.at(clock()))) == RECOVERY_CODES
    assert codes.second_factors.has(member)


def test_no_code_is_taken_twice_not_even_the_one_that_enrolled(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock
) -> None:
    app = app_of(codes, member)
    codes.second_factors.confirm(member, app.at(clock()))
    assert not codes.second_factors.spend(member, app.at(clock()))
    clock.turn(timedelta(seconds=60))
    code = app.at(clock())
    assert codes.second_factors.spend(member, f"{code[:3]} {code[3:]}")
    assert not codes.second_factors.spend(member, code)
    clock.turn(timedelta(seconds=-30))
    assert not codes.second_factors.spend(member, app.at(clock()))


@pytest.mark.parametrize(("seconds", "taken"), [(-90, False), (-30, True), (30, True), (90, False)])
def test_a_phone_whose_clock_is_half_a_minute_off_is_borne(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock, seconds: int, taken: bool
) -> None:
    app = app_of(codes, member)
    codes.second_factors.confirm(member, app.at(clock()))
    clock.turn(timedelta(minutes=10))
    assert codes.second_factors.spend(member, app.at(clock() + timedelta(seconds=seconds))) is taken


def test_a_recovery_code_works_once_and_stands_nowhere(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock
) -> None:
    spares = codes.second_factors.confirm(member, app_of(codes, member).at(clock()))
    assert codes.second_factors.spend(member, spares[3].upper())
    assert not codes.second_factors.spend(member, spares[3])
    assert codes.second_factors.recovery_codes_left(member) == RECOVERY_CODES - 1
    with codes.database.reading() as connection:
        stored = b"".join(connection.execute(sa.select(tables.recovery_codes.c.digest)).scalars())
    assert all(spare.replace("-", "").encode() not in stored for spare in spares)


def test_another_persons_recovery_code_opens_nothing(codes: DeliveryCodes, member: UUID, clock: TurnableClock) -> None:
    other = codes.access.add_staff("Other Member", "a sample password", Role.DISPATCHER)
    spares = codes.second_factors.confirm(member, app_of(codes, member).at(clock()))
    codes.second_factors.confirm(other, app_of(codes, other).at(clock()))
    assert not codes.second_factors.spend(other, spares[0])
