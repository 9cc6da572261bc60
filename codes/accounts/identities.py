"""Staff whom the house's identity provider names: found by its own name for them, and made when they first come."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.staff import Credentials, Role, add_staff, credentials_named, set_role
from codes.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at the provider: its issuer and unchanging name for them; what they are called; their role."""

    issuer: str
    subject: str
    name: str
    role: Role


def member_of_identity(t: Transaction, identity: Identity, password_hash: str) -> Credentials | None:
    """Return the account of an identity, with the role that it has now; made here when they first come.

    ``password_hash`` is that of a password which nobody knows. Raises NameTaken where an account of ours has the name:
    a provider's name, which somebody may change there, never takes an account over.
    """
    table, staff = tables.staff_identities, tables.staff
    theirs = sa.and_(table.c.issuer == identity.issuer, table.c.subject == identity.subject)
    query = sa.select(staff.c.id, staff.c.name).join(table, table.c.staff_id == staff.c.id).where(theirs)
    row = t.connection.execute(query).one_or_none()
    name = identity.name if row is None else row.name
    if row is None:
        staff_id = add_staff(t, identity.name, password_hash, identity.role)
        _bind(t, identity, staff_id)
    else:
        set_role(t, row.id, identity.role)
    return credentials_named(t, name)


def _bind(t: Transaction, identity: Identity, staff_id: UUID) -> None:
    row = {"issuer": identity.issuer, "subject": identity.subject, "staff_id": staff_id}
    t.connection.execute(sa.insert(tables.staff_identities).values(row))
