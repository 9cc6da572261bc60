"""The keys: kept apart, rotated without a break, never made anew in silence, and dead codes stay dead."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from codes import Database, DeliveryCodes, Outcome, open_key_ring
from codes.keys.keyring import (
    KeyRingMissing,
    KeyRingUnreadable,
    UnknownKey,
    WrongKeyRing,
    new_key_ring,
    read_key_ring,
    write_key_ring,
)
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.stores import on_one_database

Announce = Callable[..., ShownCode]


@on_one_database
def test_only_its_owner_can_read_the_key_file(codes: DeliveryCodes, ring_file: Path) -> None:
    assert stat.S_IMODE(ring_file.stat().st_mode) == 0o600


def test_a_ring_reads_back_as_it_was_written(tmp_path: Path, clock: TurnableClock) -> None:
    ring = new_key_ring(clock()).rotated(clock()).with_epoch_raised()
    write_key_ring(tmp_path / "ring.json", ring)
    assert read_key_ring(tmp_path / "ring.json") == ring


@on_one_database
def test_no_key_shows_in_a_text(codes: DeliveryCodes) -> None:
    ring = codes.ring()
    assert ring.key(ring.current).hex() not in repr(ring)
    assert str(ring.key(ring.current)) not in repr(ring)


def test_a_lost_key_file_is_a_stop_and_no_new_key(
    codes: DeliveryCodes, database: Database, ring_file: Path, clock: TurnableClock
) -> None:
    ring_file.unlink()
    with pytest.raises(KeyRingMissing, match="put the key file back"):
        open_key_ring(ring_file, database, clock)
    assert not ring_file.exists()


def test_another_databases_ring_is_refused(
    codes: DeliveryCodes, database: Database, ring_file: Path, clock: TurnableClock
) -> None:
    write_key_ring(ring_file, new_key_ring(clock()))
    with pytest.raises(WrongKeyRing):
        open_key_ring(ring_file, database, clock)
    with pytest.raises(WrongKeyRing):
        codes.ring()


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"ring": "x", "epoch": 1, "current": "a", "keys": {}}'])
def test_a_damaged_key_file_is_a_stop(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ring.json"
    path.write_text(text)
    with pytest.raises(KeyRingUnreadable):
        read_key_ring(path)


def test_a_key_that_the_ring_lacks_is_named(clock: TurnableClock) -> None:
    with pytest.raises(UnknownKey, match="20200101-1"):
        new_key_ring(clock()).key("20200101-1")


def test_codes_sent_before_a_rotation_go_on_working(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    before = announce("P-1")
    codes.ring.replace(codes.ring().rotated(clock()))
    after = announce("P-2")
    assert shown(codes, "P-1") == before
    for reference, code in (("P-1", before), ("P-2", after)):
        answer = codes.present(driver.presentation(code.digits, reference, now=clock()))
        assert answer.outcome is Outcome.ACCEPTED


def test_a_key_that_was_made_is_used_only_when_it_was_switched_to(clock: TurnableClock) -> None:
    ring = new_key_ring(clock())
    made = ring.with_new_key(clock())
    assert (made.current, len(made.keys)) == (ring.current, 2)
    assert made.switched().current == made.newest != ring.current
    assert made.switched().switched() == made.switched()


@on_one_database
def test_a_running_service_notices_a_rotation_by_another_process(
    codes: DeliveryCodes, database: Database, ring_file: Path, clock: TurnableClock
) -> None:
    other = open_key_ring(ring_file, database, clock)
    other.replace(other().rotated(clock()))
    assert codes.ring().current == other().current


def dump(database: Database) -> bytes:
    """Return every byte of every row of the store."""
    import sqlalchemy as sa

    from codes.tables import metadata

    with database.reading() as connection:
        rows = [repr(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]
    return "\n".join(rows).encode()


def test_a_leaked_table_holds_no_code_and_lets_none_be_found(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, database: Database
) -> None:
    import hashlib

    code = announce("P-1")
    wrong = f"{(int(code.digits) + 1) % 10**6:06d}"
    codes.present(driver.presentation(wrong, "P-1", now=clock()))
    codes.present(driver.presentation(code.digits, "P-1", now=clock()))
    leaked = dump(database)
    assert code.digits.encode() not in leaked
    assert code.payload.encode() not in leaked
    # Every digest that anybody could make of all digits without the key is looked for in what has leaked.
    with database.reading() as connection:
        from sqlalchemy import select

        from codes import tables

        stored = {row.token_digest for row in connection.execute(select(tables.codes))}
        stored |= {row.content_mac for row in connection.execute(select(tables.verifications))}
        stored |= {row.ticket_digest for row in connection.execute(select(tables.holders))}
    code_id = _code_id(database)
    # What is derived does not depend on the database; a million digits are tried once.
    for number in range(10**6 if database.is_sqlite else 1000):
        digits = b"%06d" % number
        assert hashlib.sha256(digits).digest() not in stored
        assert hashlib.sha256(code_id + digits).digest() not in stored


def _code_id(database: Database) -> bytes:
    from sqlalchemy import select

    from codes import tables

    with database.reading() as connection:
        code_id: bytes = connection.execute(select(tables.codes.c.id)).scalar_one().bytes
    return code_id
