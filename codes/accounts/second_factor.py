"""One-time passwords by time (RFC 6238) as second factor, and recovery codes for a lost phone.

The secret is derived like a delivery code: from a row's id and a key outside the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any
from uuid import UUID

import pyotp
import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import digest_of_secret
from codes.store.transaction import Transaction
from codes.tables.base import uuid7

RECOVERY_CODES = 10
_STEP_SECONDS = 30
_SECRET_BYTES = 20


class WrongOneTimeCode(Exception):
    """The code is wrong, too old, or was used before."""


def begin_second_factor(t: Transaction, staff_id: UUID) -> UUID:
    """Prepare a new authenticator; it counts only once `confirm_second_factor` has seen a code of it."""
    table, factor_id = tables.second_factors, uuid7(t.now)
    unfinished = sa.and_(table.c.staff_id == staff_id, table.c.confirmed_at.is_(None))
    t.connection.execute(sa.delete(table).where(unfinished))
    row = {"id": factor_id, "staff_id": staff_id, "key_id": t.ring.current, "last_step": 0}
    t.connection.execute(sa.insert(table).values(**row))
    return factor_id


def unfinished_second_factor(t: Transaction, staff_id: UUID) -> UUID | None:
    """Return the authenticator that waits for its first code."""
    table = tables.second_factors
    query = sa.select(table.c.id).where(table.c.staff_id == staff_id, table.c.confirmed_at.is_(None))
    found: UUID | None = t.connection.execute(query).scalar()
    return found


def provisioning_uri(t: Transaction, factor_id: UUID, name: str) -> str:
    """Return what an authenticator app reads from a QR symbol."""
    row = t.connection.execute(sa.select(tables.second_factors).filter_by(id=factor_id)).one()
    return _totp(t, row).provisioning_uri(name=name, issuer_name="Doorcode")


def confirm_second_factor(t: Transaction, staff_id: UUID, code: str) -> list[str]:
    """Make the prepared authenticator the only one; returns recovery codes, shown this once.

    Raises WrongOneTimeCode.
    """
    table, spares = tables.second_factors, tables.recovery_codes
    mine = table.c.staff_id == staff_id
    query = sa.select(table).where(mine, table.c.confirmed_at.is_(None)).with_for_update()
    row = t.connection.execute(query).one_or_none()
    if row is None or (step := _step(t, row, code)) is None:
        raise WrongOneTimeCode
    t.connection.execute(sa.delete(table).where(mine, table.c.id != row.id))
    t.connection.execute(sa.update(table).where(table.c.id == row.id).values(confirmed_at=t.now, last_step=step))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    t.connection.execute(sa.delete(spares).where(spares.c.staff_id == staff_id))
    rows = [{"digest": digest_of_secret(_plain(each)), "staff_id": staff_id} for each in codes]
    t.connection.execute(sa.insert(spares), rows)
    return codes


def has_second_factor(t: Transaction, staff_id: UUID) -> bool:
    """Tell whether this person signs in with a second factor."""
    table = tables.second_factors
    query = sa.select(table.c.id).where(table.c.staff_id == staff_id, table.c.confirmed_at.is_not(None))
    return t.connection.execute(query).first() is not None


def spend_code(t: Transaction, staff_id: UUID, code: str) -> bool:
    """Check a code and spend it: none is taken twice, of the app or of those for recovery."""
    table = tables.second_factors
    query = sa.select(table).where(table.c.staff_id == staff_id, table.c.confirmed_at.is_not(None))
    row = t.connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        return False
    step = _step(t, row, code)
    if step is None:
        return _spend_recovery_code(t, staff_id, code)
    t.connection.execute(sa.update(table).where(table.c.id == row.id).values(last_step=step))
    return True


def remove_second_factor(t: Transaction, staff_id: UUID) -> None:
    """Take the second factor away, with its recovery codes."""
    for table in (tables.second_factors, tables.recovery_codes):
        t.connection.execute(sa.delete(table).where(table.c.staff_id == staff_id))


def recovery_codes_left(t: Transaction, staff_id: UUID) -> int:
    """Count the recovery codes that are not spent."""
    table = tables.recovery_codes
    left = sa.select(sa.func.count()).where(table.c.staff_id == staff_id, table.c.used_at.is_(None))
    return t.connection.execute(left).scalar_one()


def _totp(t: Transaction, row: Any) -> pyotp.TOTP:
    mac = hmac.digest(t.ring.key(row.key_id), b"second factor" + row.id.bytes, hashlib.sha256)
    return pyotp.TOTP(base64.b32encode(mac[:_SECRET_BYTES]).decode(), interval=_STEP_SECONDS)


def _step(t: Transaction, row: Any, code: str) -> int | None:
    """Return the step that the code is of: this one or its neighbours, but none used before (RFC 6238 §5.2)."""
    now, totp, plain = int(t.now.timestamp()) // _STEP_SECONDS, _totp(t, row), _plain(code)
    found = None
    for step in (now - 1, now, now + 1):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), plain.encode("utf-8", "surrogatepass"))
        if right and step > row.last_step:
            found = step
    return found


def _spend_recovery_code(t: Transaction, staff_id: UUID, code: str) -> bool:
    table = tables.recovery_codes
    mine = sa.and_(table.c.staff_id == staff_id, table.c.used_at.is_(None))
    this = table.c.digest == digest_of_secret(_plain(code))
    return t.connection.execute(sa.update(table).where(mine, this).values(used_at=t.now)).rowcount == 1


def _recovery_code() -> str:
    """Return 80 random bits as four groups of letters and digits."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _plain(code: str) -> str:
    return "".join(code.replace("-", "").split()).lower()
