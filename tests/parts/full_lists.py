"""A store whose lists are long: parcels by the database itself, and of each kind what a list of the office narrows."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from codes import DeliveryCodes
from codes.life.imports import add_import
from codes.model import DeviceKind
from codes.values.folding import fold
from tests.parts.device import enrolled
from tests.parts.fill import fill as fill_parcels

DEVICES = 60
IMPORTS = 60
_NAMES = "CASE n % 4 WHEN 0 THEN 'Jérôme Müller ' WHEN 1 THEN 'Łukasz Žižek ' ELSE 'Sample Recipient ' END || n"
_SENDERS = "CASE n % 3 WHEN 0 THEN 'Größe & Söhne' ELSE 'Sample Shop' END"
_ID = "lower(hex(randomblob(16)))"
# {n} is which of the parcels a row is; devices are those of the list, one after the other.
_STORY = (
    f"UPDATE holders SET name = {_NAMES.replace('n %', 'rowid %').replace('|| n', '|| rowid')}",
    "UPDATE holders SET name_folded = fold(name), email_folded = email",
    f"UPDATE consignments SET sender = {_SENDERS.replace('n %', 'rowid %')}",
    "UPDATE consignments SET sender_folded = fold(sender)",
    "UPDATE consignments SET wrong_digits = 9 WHERE rowid % 1000 = 8",
    "UPDATE parcels SET out_for_delivery_at = announced_at WHERE rowid % 10 < 8",
    "UPDATE parcels SET blocked_at = announced_at WHERE rowid % 500 = 499",
    "UPDATE parcels SET ended_at = announced_at, ended_as = 'returned' WHERE rowid % 200 = 99",
    "INSERT INTO handovers (parcel_id, device_id, in_hand_by, offline, handed_over_at, recorded_at, match_number)"
    " SELECT parcels.id, devices.id, 'label', 0, announced_at, announced_at, '42' FROM parcels"
    " JOIN devices ON devices.rowid = 1 + parcels.rowid % (SELECT count(*) FROM devices) WHERE parcels.rowid % 10 < 6",
    "INSERT INTO delivery_attempts (id, parcel_id, device_id, reason, attempted_at, recorded_at)"
    f" SELECT {_ID}, parcels.id, devices.id, 'nobody_home', announced_at, announced_at FROM parcels"
    " JOIN devices ON devices.rowid = 1 + parcels.rowid % (SELECT count(*) FROM devices) WHERE parcels.rowid % 50 = 36",
    "INSERT INTO assignments (parcel_id, device_id, place, assigned_at)"
    " SELECT parcels.id, devices.id, parcels.rowid, announced_at FROM parcels"
    " JOIN devices ON devices.rowid = 1 + parcels.rowid / 10 % (SELECT count(*) FROM devices)"
    " WHERE parcels.rowid % 100 = 6",
    "INSERT INTO reports (id, parcel_id, kind, by, reported_at)"
    f" SELECT {_ID}, id, 'not_received', 'recipient', announced_at FROM parcels WHERE rowid % 700 = 0",
    "UPDATE messages SET failed_at = queued_at, sent_at = NULL WHERE rowid % 100 = 36",
    "INSERT INTO staff_actions (id, at, name, action, subject, status)"
    f" SELECT {_ID}, announced_at, CASE rowid % 3 WHEN 0 THEN 'Jérôme' ELSE 'Ada' END, 'office.send_again',"
    " reference, 200 FROM parcels",
)


def fill_lists(codes: DeliveryCodes, parcels: int) -> None:
    """Fill an SQLite store with so many parcels, as many mails and actions, and with devices, tours and files."""
    for number in range(DEVICES):
        enrolled(codes, (DeviceKind.DRIVER, DeviceKind.COUNTER)[number % 10 == 9], f"Größe {number}")
    for number in range(IMPORTS):
        codes.write(add_import, f"Sendungen Müller {number}.csv", "Ada", b"reference,name\nP-1,Ada\n")
    fill_parcels(codes.database, parcels)
    with closing(sqlite3.connect(codes.database.url.database or "", isolation_level=None)) as connection:
        connection.create_function("fold", 1, fold, deterministic=True)
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for statement in _STORY:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
