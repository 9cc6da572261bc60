"""Erasing for good: in groups of transactions where much is over, and out of the database's files too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from codes.folding import fold_address
from codes.life.consignments import consignment_of
from codes.life.erasing import Erased, consignments_of_address, consignments_over, erase_persons, forget_records
from codes.life.imports import forget_in_files
from codes.recipients.outbox import forget_messages_to
from codes.service import DeliveryCodes
from codes.store.database import Database

GoOn = Callable[[int, int], bool]
TOGETHER = 200
NAMING = (
    "holders",
    "imports",
    "messages",
    "handovers",
    "delivery_attempts",
    "reports",
    "staff_sessions",
    "enrolments",
)
"""Tables in which persons were."""


def erase_parcel(codes: DeliveryCodes, reference: str) -> Erased:
    """Erase everybody who is named for a parcel's consignment; live codes are withdrawn. Raises UnknownParcel."""
    consignment_id = codes.read(consignment_of, reference)
    return _forget_for_good(codes.database, _erase(codes, [consignment_id], "request"))


def erase_address(codes: DeliveryCodes, email: str) -> Erased:
    """Erase the persons with this mail address, however it is written, with everything that names them."""
    # A file that waits may name them although nothing was announced yet.
    files = codes.write(forget_in_files, [fold_address(email)])
    messages = codes.write(forget_messages_to, email)
    erased = _erase(codes, codes.read(consignments_of_address, email), "request")
    erased = replace(erased, files=erased.files + files, messages=erased.messages + messages)
    return _forget_for_good(codes.database, erased)


def purge(codes: DeliveryCodes, go_on: GoOn = lambda _done, _all: True) -> Erased:
    """Erase whatever has been kept for as long as the settings say.

    ``go_on`` hears how many consignments of how many are done, and may stop it; the next purge does the rest.
    """
    erased = _erase(codes, codes.read(consignments_over), "retention", go_on)
    forgotten = codes.write(forget_records)
    return _forget_for_good(codes.database, replace(forgotten, persons=erased.persons))


def _erase(
    codes: DeliveryCodes, consignment_ids: Sequence[UUID], why: str, go_on: GoOn = lambda _done, _all: True
) -> Erased:
    """Erase the persons of many consignments, some at a time, so that no handover waits long."""
    persons = files = 0
    for start in range(0, len(consignment_ids), TOGETHER):
        some = consignment_ids[start : start + TOGETHER]
        erased = codes.write(erase_persons, some, why)
        persons, files = persons + erased.persons, files + erased.files
        if not go_on(start + len(some), len(consignment_ids)):
            break
    return Erased(persons, files=files)


def _forget_for_good(database: Database, erased: Erased) -> Erased:
    """Leave nothing of it in the database's files: deleted rows are there until they are written over."""
    if erased == Erased(0):
        return erased
    if database.is_sqlite:
        with database.alone():
            connection = sqlite3.connect(database.url.database or "", timeout=60, isolation_level=None)
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
        return erased
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as outside:
        for name in NAMING:
            outside.execute(sa.text(f"VACUUM {name}"))
    return erased
