"""Mail addresses that look as if nothing arrives there: a full stop at an end, or a domain without a mail server.

What can be seen in the writing is told at once; the worker asks for the domain afterwards. A row stands for each
address that is still to be asked for, and for each that is warned of; whatever is in order has none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.model import AddressWarning
from codes.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """An address whose domain this worker may ask for until its lease ends. ``tries`` counts this one."""

    holder_id: UUID
    email: str
    tries: int
    lease_ends: datetime


def warning_in_writing(email: str | None) -> AddressWarning | None:
    """Return what can be seen in an address itself: no part of it ends with a full stop (RFC 5321 §4.1.2)."""
    local_part, _, domain = (email or "").strip().rpartition("@")
    return AddressWarning.FINAL_DOT if local_part.endswith(".") or domain.endswith(".") else None


def check_row(holder_id: UUID, email: str, now: datetime) -> dict[str, Any]:
    """Return the row of an address that is to be asked for."""
    warning = warning_in_writing(email)
    return {"holder_id": holder_id, "due_at": now, "tries": 0, "warning": warning.value if warning else None}


def check_anew(t: Transaction, holder_id: UUID, email: str | None) -> None:
    """Forget what was found of a holder's former address, and have the new one asked for."""
    checks = tables.address_checks
    t.connection.execute(sa.delete(checks).where(checks.c.holder_id == holder_id))
    if email:
        t.connection.execute(sa.insert(checks).values(check_row(holder_id, email, t.now)))


def is_check_due(t: Transaction) -> bool:
    """Tell whether an address is to be asked for, so that an idle worker never waits for the writer."""
    return t.connection.execute(_due(t).limit(1)).first() is not None


def claim_checks(t: Transaction, *, limit: int, lease: timedelta) -> list[AddressCheck]:
    """Claim addresses that are to be asked for, oldest first; no other worker gets them until the lease ends."""
    checks, holders = tables.address_checks, tables.holders
    due = _due(t).order_by(checks.c.due_at).limit(limit).with_for_update(skip_locked=True)
    ids = t.connection.execute(due).scalars().all()
    claimed = sa.update(checks).where(checks.c.holder_id.in_(ids))
    t.connection.execute(claimed.values(due_at=t.now + lease, tries=checks.c.tries + 1))
    rows = t.connection.execute(
        sa.select(checks.c.holder_id, checks.c.tries, holders.c.email)
        .join(holders, holders.c.id == checks.c.holder_id)
        .where(checks.c.holder_id.in_(ids))
    )
    return [AddressCheck(row.holder_id, row.email or "", row.tries, t.now + lease) for row in rows]


def end_checks(
    t: Transaction,
    found: Sequence[tuple[AddressCheck, AddressWarning | None]],
    silent: Sequence[tuple[AddressCheck, datetime]],
) -> None:
    """Note what was found, unless an address was corrected meanwhile; of one that is in order nothing is kept.

    ``silent`` are those for which nobody answered, and when to ask again.
    """
    checks = tables.address_checks
    theirs = sa.and_(checks.c.holder_id == sa.bindparam("holder"), checks.c.due_at == sa.bindparam("lease"))
    changed = sa.update(checks).where(theirs)
    in_order = [_claim(check) for check, warning in found if warning is None]
    warned = [{**_claim(check), "found": warning.value} for check, warning in found if warning is not None]
    later = [{**_claim(check), "until": until} for check, until in silent]
    for statement, rows in (
        (sa.delete(checks).where(theirs), in_order),
        (changed.values(due_at=None, warning=sa.bindparam("found")), warned),
        (changed.values(due_at=sa.bindparam("until")), later),
    ):
        if rows:
            t.connection.execute(statement, rows)


def warnings_of(t: Transaction, holder_ids: Collection[UUID]) -> dict[UUID, AddressWarning]:
    """Return what these holders' addresses are warned of."""
    checks = tables.address_checks
    warned = sa.select(checks.c.holder_id, checks.c.warning).where(
        checks.c.holder_id.in_(holder_ids), checks.c.warning.is_not(None)
    )
    return {row.holder_id: AddressWarning(row.warning) for row in t.connection.execute(warned)}


def _due(t: Transaction) -> sa.Select[tuple[UUID]]:
    checks = tables.address_checks
    return sa.select(checks.c.holder_id).where(checks.c.due_at <= t.now)


def _claim(check: AddressCheck) -> dict[str, Any]:
    return {"holder": check.holder_id, "lease": check.lease_ends}
