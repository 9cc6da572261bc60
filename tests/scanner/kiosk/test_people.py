"""People come to a kiosk one after the other, and each is told what is true: the short form of `make bench-kiosk`."""

from __future__ import annotations

import pytest

from tests.parts.benches import told_by

pytestmark = pytest.mark.slow


def test_nine_people_are_told_what_is_true_although_the_line_is_cut_and_a_reply_lost() -> None:
    told = told_by("bench.scanning.bench_kiosk", "--people", "9", "--interrupt", "1=cut", "3=reply_lost")
    assert (told["wrong"], told["interrupted"], told["measured"]) == (0, 2, 6)
