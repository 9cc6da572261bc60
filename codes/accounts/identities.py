"""Staff whom the house's identity provider names: found by its own name for them, and made when they first come."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.accounts.staff import Credentials, Role, add_staff, credentials_named, set_role
from codes.store.transaction import Transaction


class IdentityTaken(Exception):
    """Another account is entered by this identity."""


class LosesAdministrator(Exception):
    """Whoever is an administrator here has another role there, and would lose theirs at the next sign-in."""


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


def link_identity(t: Transaction, staff_id: UUID, identity: Identity) -> str:
    """Let an account be entered by this identity too, and by no other of its issuer; returns whose it is.

    Raises IdentityTaken where it is somebody else's, and LosesAdministrator where an administrator would be none.
    """
    table, staff = tables.staff_identities, tables.staff
    theirs = sa.and_(table.c.issuer == identity.issuer, table.c.subject == identity.subject)
    owner = t.connection.execute(sa.select(table.c.staff_id).where(theirs)).scalar_one_or_none()
    if owner not in (None, staff_id):
        raise IdentityTaken
    row = t.connection.execute(sa.select(staff.c.name, staff.c.role).where(staff.c.id == staff_id)).one()
    if row.role == Role.ADMIN and identity.role is not Role.ADMIN:
        raise LosesAdministrator
    unlink_identity(t, staff_id, identity.issuer)
    _bind(t, identity, staff_id)
    return str(row.name)


def unlink_identity(t: Transaction, staff_id: UUID, issuer: str) -> None:
    """Let nobody into an account by an identity of this issuer any more."""
    table = tables.staff_identities
    t.connection.execute(sa.delete(table).where(table.c.staff_id == staff_id, table.c.issuer == issuer))


def is_linked(t: Transaction, staff_id: UUID, issuer: str) -> bool:
    """Tell whether an account can be entered by an identity of this issuer."""
    table = tables.staff_identities
    found = sa.select(table.c.subject).where(table.c.staff_id == staff_id, table.c.issuer == issuer).limit(1)
    return t.connection.execute(found).first() is not None


def _bind(t: Transaction, identity: Identity, staff_id: UUID) -> None:
    row = {"issuer": identity.issuer, "subject": identity.subject, "staff_id": staff_id}
    t.connection.execute(sa.insert(tables.staff_identities).values(row))
