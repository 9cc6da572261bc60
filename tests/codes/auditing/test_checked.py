"""An audit that was stopped goes on where it was, and misses nothing that happened meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, tables
from codes.auditing.audit import Audit, audit
from codes.auditing.checked import CheckedStretches
from codes.life.parcel_records import find_parcel
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.running_service import HOME

pytestmark = pytest.mark.slow

PARCELS = 5
EVENTS = 3 * PARCELS + 2
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from codes import Database
from codes.auditing import checkers
from codes.auditing import stretches
from codes.auditing.audit import audit
from codes.auditing.checked import CheckedStretches
from codes.keys.keyring import read_key_ring
from codes.sealing.sealing_key import read_public_key

url, ring_file, so_far, after, alone_up_to = sys.argv[1:]
stretches.TOGETHER, checkers.ALONE_UP_TO = 1, int(alone_up_to)
ring = read_key_ring(Path(ring_file))
checked = CheckedStretches(Path(so_far), ring, datetime.now(UTC))
kill = lambda done, _all: os.kill(os.getpid(), signal.SIGKILL) if done >= int(after) else None
audit(Database(url), None, ring, checked=checked, progress=kill)
"""


class Stopped(Exception):
    """The audit was asked to stop."""


class House:
    """A store of five parcels of which one was handed over, audited a parcel at a time."""

    def __init__(self, codes: DeliveryCodes, ring_file: Path, so_far: Path) -> None:
        self.codes, self.ring_file, self.so_far = codes, ring_file, so_far

    def audited(self, stop_after: int | None = None) -> Audit:
        """Audit the store; stop when so many events were read."""

        def progress(done: int, _total: int) -> None:
            if stop_after is not None and done >= stop_after:
                raise Stopped

        ring = self.codes.ring()
        checked = CheckedStretches(self.so_far, ring, self.codes.clock())
        return audit(self.codes.database, self.codes.sealing_key.public_key(), ring, checked=checked, progress=progress)

    def stopped(self, after: int) -> None:
        """Let an audit be stopped."""
        with pytest.raises(Stopped):
            self.audited(stop_after=after)

    def killed(self, after: int, *, alone_up_to: int = EVENTS) -> None:
        """Let an audit be killed. It is waited for until nobody has its output open, so until its checkers ended."""
        url = self.codes.database.url.render_as_string(hide_password=False)
        told = (url, str(self.ring_file), str(self.so_far), str(after), str(alone_up_to))
        line = [sys.executable, "-c", KILLED, *told]
        done = subprocess.run(line, cwd=HOME, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == -signal.SIGKILL, done.stderr

    def change(self, reference: str, **values: object) -> None:
        """Change a parcel's row past all rules."""
        with self.codes.database.writing() as connection:
            this = tables.parcels.c.reference == reference
            assert connection.execute(sa.update(tables.parcels).where(this).values(**values)).rowcount == 1


@pytest.fixture
def house(
    codes: DeliveryCodes,
    driver: SigningDevice,
    announce: Callable[..., ShownCode],
    clock: TurnableClock,
    ring_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> House:
    shown = []
    for number in range(1, PARCELS + 1):
        clock.turn(timedelta(seconds=1))
        shown.append(announce(f"P-{number}"))
    codes.present(driver.presentation(shown[0].payload, "P-1", now=codes.clock()))
    codes.seal()
    monkeypatch.setattr("codes.auditing.stretches.TOGETHER", 1)
    return House(codes, ring_file, tmp_path / "audit-so-far")


def test_an_audit_goes_on_where_it_was_stopped(house: House) -> None:
    house.stopped(after=8)
    report = house.audited()
    assert (report.findings, report.events, report.known) == ((), EVENTS, 8)


def test_what_is_changed_after_the_stop_is_found_in_what_was_checked_before(house: House) -> None:
    house.stopped(after=8)
    house.change("P-1", reason="somebody")
    report = house.audited()
    assert ["reason is not what the events say" in str(each) for each in report.findings] == [True]
    assert report.known == 3


def test_a_verification_changed_or_put_in_after_the_stop_is_found(house: House) -> None:
    house.stopped(after=EVENTS)
    table = tables.verifications
    with house.codes.database.writing() as connection:
        row = dict(connection.execute(sa.select(table)).one()._mapping)
        forged = row | {"presentation_id": house.codes.read(find_parcel, "P-2").parcel_id}  # type: ignore[union-attr]
        connection.execute(sa.insert(table).values(**forged))
    report = house.audited()
    assert [each.fault for each in report.findings] == ["no event tells of it"]
    assert report.known == EVENTS
    with house.codes.database.writing() as connection:
        connection.execute(sa.delete(table).where(table.c.presentation_id == forged["presentation_id"]))
        connection.execute(sa.update(table).values(outcome="wrong_code"))
    report = house.audited()
    assert [each.fault for each in report.findings] == ["outcome is not what event 4 says"]
    assert report.known == EVENTS - 5


def test_what_was_found_before_the_stop_is_found_again(house: House) -> None:
    house.change("P-1", reason="somebody")
    house.stopped(after=8)
    assert [each.table for each in house.audited().findings] == ["parcels"]


def test_with_other_keys_everything_is_checked_anew(house: House) -> None:
    house.stopped(after=8)
    house.codes.ring.replace(house.codes.ring().rotated(house.codes.clock()))
    assert house.audited().known == 0


def test_a_file_that_was_cut_off_or_written_by_somebody_is_of_no_harm(house: House) -> None:
    house.stopped(after=8)
    whole = house.so_far.read_text()
    house.so_far.write_text(whole[:-10])
    house.stopped(after=8)
    assert house.audited().known == 8
    house.change("P-1", reason="somebody")
    house.so_far.write_text(whole + "\n" + "0" * 64)
    assert len(house.audited().findings) == 1
    for nonsense in ("", "yesterday\nnothing", "ü"):
        house.so_far.write_text(nonsense)
        assert house.audited().known == 0


def test_an_audit_that_is_killed_goes_on_too(house: House) -> None:
    house.killed(after=4)
    house.killed(after=10)
    report = house.audited()
    assert (report.findings, report.events, report.known) == ((), EVENTS, 11)


def test_several_processes_find_what_one_finds_and_go_on_too(
    house: House, driver: SigningDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.codes.present(driver.presentation("000000", "X-9", now=house.codes.clock()))
    house.change("P-1", reason="somebody")
    house.change("P-4", value_thousandths=1)
    alone = house.audited()
    assert len(alone.findings) == 3, "the terms are those of the parcel and of its consignment"
    house.so_far.unlink()
    monkeypatch.setattr("codes.auditing.checkers.ALONE_UP_TO", 0)
    assert set(house.audited().findings) == set(alone.findings)
    again = house.audited()
    assert (set(again.findings), again.known) == (set(alone.findings), EVENTS - 8)


def test_checking_processes_end_when_their_reader_is_killed(house: House) -> None:
    house.killed(after=1, alone_up_to=0)
    assert house.audited().findings == ()
