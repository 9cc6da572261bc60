"""One photograph of a parcel, with the report that it came damaged: bounded, encrypted, and gone with its person."""

from __future__ import annotations

import hashlib
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from codes import tables
from codes.keys.sealed_rows import open_of_row, seal_for_row
from codes.store.budgets import Budget, TooOften
from codes.store.transaction import Transaction

PHOTO_BYTES = 600_000
"""As large as the reader of strangers' pictures leaves one."""
PHOTOS_A_DAY = 6


def spend_for_photo(t: Transaction, parcel_id: UUID) -> None:
    """Charge the work of opening a photograph before it is done. Raises TooOften."""
    if not t.spend(Budget.PHOTO, parcel_id, PHOTOS_A_DAY):
        raise TooOften("photographs of this parcel were sent too often today")


def digest_of(photo: bytes) -> str:
    """Return what the chain holds of a photograph."""
    return hashlib.sha256(photo).hexdigest()


def has_photo(t: Transaction, parcel_id: UUID) -> bool:
    """Tell whether there is a photograph of a parcel; no second one is taken."""
    photos = tables.report_photos
    found = t.connection.execute(sa.select(photos.c.report_id).where(photos.c.parcel_id == parcel_id)).first()
    return found is not None


def keep_photo(t: Transaction, report_id: UUID, parcel_id: UUID, photo: bytes) -> None:
    """Keep the photograph of a report."""
    if len(photo) > PHOTO_BYTES:
        raise ValueError(f"a photograph of {len(photo)} bytes is not kept")
    row = {"report_id": report_id, "parcel_id": parcel_id, "key_id": t.ring.current}
    sealed = seal_for_row(t.ring, report_id, photo)
    t.connection.execute(sa.insert(tables.report_photos).values(**row, sealed=sealed))


def photo_of_report(t: Transaction, report_id: UUID) -> bytes | None:
    """Return the photograph of a report; None where there is none, or not the one whose digest the report holds."""
    photos, reports = tables.report_photos, tables.reports
    row = t.connection.execute(
        sa.select(photos.c.key_id, photos.c.sealed, reports.c.photo)
        .join(reports, reports.c.id == photos.c.report_id)
        .where(photos.c.report_id == report_id)
    ).one_or_none()
    if row is None:
        return None
    try:
        photo = open_of_row(t.ring, row.key_id, report_id, row.sealed)
    except InvalidTag:
        return None
    return photo if digest_of(photo) == row.photo else None


def forget_photos(t: Transaction, which: sa.ColumnElement[bool]) -> None:
    """Delete photographs; that there were some, and their digests, stays in the chains."""
    t.connection.execute(sa.delete(tables.report_photos).where(which))
