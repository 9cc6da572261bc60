"""Long work tells how far it is, ends at Ctrl+C where it can go on, and goes on when it is started again."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person
from tests.parts.clock import TurnableClock
from web.commands.opening import STOPPED
from web.commands.progress import progress
from web.commands.proof_reports import audit_store


def test_a_purge_that_is_stopped_goes_on_at_the_next_one(
    codes: DeliveryCodes, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("codes.service.ERASED_TOGETHER", 2)
    codes.announce([Announcement(f"P-{number}", Person("Sample", "s@example.org")) for number in range(5)])
    clock.turn(timedelta(days=400))
    with progress("parcels purged") as working:

        def stop_after_two(done: int, total: int) -> bool:
            if done == 2:
                signal.raise_signal(signal.SIGINT)
            return working.go_on(done, total)

        assert codes.purge(stop_after_two).persons == 2
        assert working.stopped
    assert "parcels purged: 2 of 5" in capsys.readouterr().err
    assert codes.purge().persons == 3


def test_an_audit_that_is_stopped_says_that_it_is_not_whole_and_goes_on_at_the_next_one(
    codes: DeliveryCodes, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    codes.announce([Announcement("P-1", Person("Sample"))])
    so_far, engine = tmp_path / "audit-so-far", codes.database.engine
    assert audit_store(codes, None, so_far) == 0
    assert "events checked: 2 of 2" in capsys.readouterr().err

    def stop(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM handovers" in statement:
            signal.raise_signal(signal.SIGINT)

    def stopped() -> None:
        sa.event.listen(engine, "before_cursor_execute", stop)
        assert audit_store(codes, None, so_far) == STOPPED
        sa.event.remove(engine, "before_cursor_execute", stop)

    stopped()
    assert "nothing can be said of the whole" in capsys.readouterr().out
    assert audit_store(codes, None, so_far) == 0
    told = capsys.readouterr()
    assert "Going on with the audit of " in told.err
    assert "2 events were checked since " in told.out
    assert not so_far.exists()
    stopped()
    assert audit_store(codes, None, so_far, afresh=True) == 0
    assert "were checked since" not in capsys.readouterr().out


def test_the_second_time_ctrl_c_ends_it_at_once() -> None:
    def work() -> None:
        with progress("work") as working:
            signal.raise_signal(signal.SIGINT)
            assert working.stopped
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert signal.getsignal(signal.SIGINT) is before
