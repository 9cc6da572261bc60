"""One-time passwords by time (RFC 6238) as second factor, and recovery codes for a lost phone.

The secret is derived like a delivery code: from a row's id and a key outside the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pyotp
import sqlalchemy as sa

from codes import tables
from codes.accounts.devices import digest_of_secret
from codes.identifiers import uuid7
from codes.keys.keyring import KeyRing
from codes.store.database import Database

RECOVERY_CODES = 10
_STEP_SECONDS = 30
_SECRET_BYTES = 20


class WrongOneTimeCode(Exception):
    """The code is wrong, too old, or was used before."""


class SecondFactors:
    """Enrols authenticator apps, and checks what they show."""

    def __init__(self, database: Database, ring: Callable[[], KeyRing], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock

    def begin(self, staff_id: UUID) -> UUID:
        """Prepare a new authenticator; it counts only once ``confirm`` has seen a code of it."""
        table, now = tables.second_factors, self._clock()
        factor_id = uuid7(now)
        with self._database.writing() as connection:
            unfinished = sa.and_(table.c.staff_id == staff_id, table.c.confirmed_at.is_(None))
            connection.execute(sa.delete(table).where(unfinished))
            row = {"id": factor_id, "staff_id": staff_id, "key_id": self._ring().current, "last_step": 0}
            connection.execute(sa.insert(table).values(**row))
        return factor_id

    def unfinished(self, staff_id: UUID) -> UUID | None:
        """Return the authenticator that waits for its first code."""
        table = tables.second_factors
        query = sa.select(table.c.id).where(table.c.staff_id == staff_id, table.c.confirmed_at.is_(None))
        with self._database.reading() as connection:
            found: UUID | None = connection.execute(query).scalar()
        return found

    def provisioning_uri(self, factor_id: UUID, name: str) -> str:
        """Return what an authenticator app reads from a QR symbol."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(tables.second_factors).filter_by(id=factor_id)).one()
        return self._totp(row).provisioning_uri(name=name, issuer_name="Doorcode")

    def confirm(self, staff_id: UUID, code: str) -> list[str]:
        """Make the prepared authenticator the only one; returns recovery codes, shown this once.

        Raises WrongOneTimeCode.
        """
        table, now = tables.second_factors, self._clock()
        with self._database.writing() as connection:
            mine = table.c.staff_id == staff_id
            query = sa.select(table).where(mine, table.c.confirmed_at.is_(None)).with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None or (step := self._step(row, code)) is None:
                raise WrongOneTimeCode
            connection.execute(sa.delete(table).where(mine, table.c.id != row.id))
            connection.execute(sa.update(table).where(table.c.id == row.id).values(confirmed_at=now, last_step=step))
            codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
            spares = tables.recovery_codes
            connection.execute(sa.delete(spares).where(spares.c.staff_id == staff_id))
            rows = [{"digest": digest_of_secret(_plain(each)), "staff_id": staff_id} for each in codes]
            connection.execute(sa.insert(spares), rows)
        return codes

    def has(self, staff_id: UUID) -> bool:
        """Tell whether this person signs in with a second factor."""
        table = tables.second_factors
        query = sa.select(table.c.id).where(table.c.staff_id == staff_id, table.c.confirmed_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def spend(self, staff_id: UUID, code: str) -> bool:
        """Check a code and spend it: none is taken twice, of the app or of those for recovery."""
        table = tables.second_factors
        query = sa.select(table).where(table.c.staff_id == staff_id, table.c.confirmed_at.is_not(None))
        with self._database.writing() as connection:
            row = connection.execute(query.with_for_update()).one_or_none()
            if row is None:
                return False
            step = self._step(row, code)
            if step is None:
                return _spend_recovery_code(connection, staff_id, code, self._clock())
            connection.execute(sa.update(table).where(table.c.id == row.id).values(last_step=step))
        return True

    def remove(self, staff_id: UUID) -> None:
        """Take the second factor away, with its recovery codes."""
        with self._database.writing() as connection:
            for table in (tables.second_factors, tables.recovery_codes):
                connection.execute(sa.delete(table).where(table.c.staff_id == staff_id))

    def recovery_codes_left(self, staff_id: UUID) -> int:
        """Count the recovery codes that are not spent."""
        table = tables.recovery_codes
        left = sa.select(sa.func.count()).where(table.c.staff_id == staff_id, table.c.used_at.is_(None))
        with self._database.reading() as connection:
            return connection.execute(left).scalar_one()

    def _totp(self, row: sa.Row) -> pyotp.TOTP:  # type: ignore[type-arg]
        mac = hmac.digest(self._ring().key(row.key_id), b"second factor" + row.id.bytes, hashlib.sha256)
        return pyotp.TOTP(base64.b32encode(mac[:_SECRET_BYTES]).decode(), interval=_STEP_SECONDS)

    def _step(self, row: sa.Row, code: str) -> int | None:  # type: ignore[type-arg]
        """Return the step that the code is of: this one or its neighbours, but none used before (RFC 6238 §5.2)."""
        now, totp, plain = int(self._clock().timestamp()) // _STEP_SECONDS, self._totp(row), _plain(code)
        found = None
        for step in (now - 1, now, now + 1):
            right = hmac.compare_digest(totp.generate_otp(step).encode(), plain.encode("utf-8", "surrogatepass"))
            if right and step > row.last_step:
                found = step
        return found


def _spend_recovery_code(connection: sa.Connection, staff_id: UUID, code: str, now: datetime) -> bool:
    table = tables.recovery_codes
    mine = sa.and_(table.c.staff_id == staff_id, table.c.used_at.is_(None))
    this = table.c.digest == digest_of_secret(_plain(code))
    return connection.execute(sa.update(table).where(mine, this).values(used_at=now)).rowcount == 1


def _recovery_code() -> str:
    """Return 80 random bits as four groups of letters and digits."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _plain(code: str) -> str:
    return "".join(code.replace("-", "").split()).lower()
