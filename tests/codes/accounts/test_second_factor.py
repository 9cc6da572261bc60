"""The second factor: enrolled by a first code, no code taken twice, recovery codes kept as digests."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, tables
from codes.accounts.second_factor import (
    RECOVERY_CODES,
    WrongOneTimeCode,
    begin_second_factor,
    confirm_second_factor,
    has_second_factor,
    provisioning_uri,
    recovery_codes_left,
    spend_code,
)
from codes.accounts.staff import Role
from tests.parts.clock import TurnableClock
from tests.parts.staff import add_member


@pytest.fixture
def member(codes: DeliveryCodes) -> UUID:
    """A member of staff."""
    return add_member(codes, "Sample Member", "a sample password", Role.DISPATCHER)


def app_of(codes: DeliveryCodes, staff_id: UUID) -> pyotp.TOTP:
    """What an authenticator app holds after it has read the symbol."""
    factor_id = codes.write(begin_second_factor, staff_id)
    app = pyotp.parse_uri(codes.read(provisioning_uri, factor_id, "Sample Member"))
    assert isinstance(app, pyotp.TOTP)
    return app


def test_a_prepared_app_counts_only_after_its_first_code(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock
) -> None:
    app = app_of(codes, member)
    assert not codes.read(has_second_factor, member)
    with pytest.raises(WrongOneTimeCode):
        codes.write(confirm_second_factor, member, "000000x")
    assert len(codes.write(confirm_second_factor, member, app.at(clock()))) == RECOVERY_CODES
    assert codes.read(has_second_factor, member)


def test_no_code_is_taken_twice_not_even_the_one_that_enrolled(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock
) -> None:
    app = app_of(codes, member)
    codes.write(confirm_second_factor, member, app.at(clock()))
    assert not codes.write(spend_code, member, app.at(clock()))
    clock.turn(timedelta(seconds=60))
    code = app.at(clock())
    assert codes.write(spend_code, member, f"{code[:3]} {code[3:]}")
    assert not codes.write(spend_code, member, code)
    clock.turn(timedelta(seconds=-30))
    assert not codes.write(spend_code, member, app.at(clock()))


@pytest.mark.parametrize(("seconds", "taken"), [(-90, False), (-30, True), (30, True), (90, False)])
def test_a_phone_whose_clock_is_half_a_minute_off_is_borne(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock, seconds: int, taken: bool
) -> None:
    app = app_of(codes, member)
    codes.write(confirm_second_factor, member, app.at(clock()))
    clock.turn(timedelta(minutes=10))
    assert codes.write(spend_code, member, app.at(clock() + timedelta(seconds=seconds))) is taken


def test_a_recovery_code_works_once_and_stands_nowhere(
    codes: DeliveryCodes, member: UUID, clock: TurnableClock
) -> None:
    spares = codes.write(confirm_second_factor, member, app_of(codes, member).at(clock()))
    assert codes.write(spend_code, member, spares[3].upper())
    assert not codes.write(spend_code, member, spares[3])
    assert codes.read(recovery_codes_left, member) == RECOVERY_CODES - 1
    with codes.database.reading() as connection:
        stored = b"".join(connection.execute(sa.select(tables.recovery_codes.c.digest)).scalars())
    assert all(spare.replace("-", "").encode() not in stored for spare in spares)


def test_another_persons_recovery_code_opens_nothing(codes: DeliveryCodes, member: UUID, clock: TurnableClock) -> None:
    other = add_member(codes, "Other Member", "a sample password", Role.DISPATCHER)
    spares = codes.write(confirm_second_factor, member, app_of(codes, member).at(clock()))
    codes.write(confirm_second_factor, other, app_of(codes, other).at(clock()))
    assert not codes.write(spend_code, other, spares[0])
