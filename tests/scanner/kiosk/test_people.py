"""People come to a kiosk one after the other, and each is told what is true: the short form of `make bench-kiosk`."""

from __future__ import annotations

from pathlib import Path

from bench.bench_kiosk import Interruption, run


def test_nine_people_are_told_what_is_true_although_the_line_is_cut_and_a_reply_lost(tmp_path: Path) -> None:
    result = run(9, tmp_path, interrupted={1: Interruption.CUT, 3: Interruption.REPLY_LOST})
    assert result.wrong == []
    assert len(result.milliseconds()) == 6
