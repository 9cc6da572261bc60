"""The short form of `make chaos-mail`: kill -9 while mails go out, and each arrives, hardly ever twice."""

from __future__ import annotations

import pytest

from tests.parts.benches import told_by

pytestmark = pytest.mark.slow


def test_every_mail_survives_the_kills_of_its_worker() -> None:
    told = told_by("bench.chaos.chaos_mail", "--kills", "5", "--mails", "4", "--seed", "5")
    assert (told["kills"], told["mails"]) == (5, 20)
    assert told["arrived"] == 20 + told["arrived_twice"]
    assert told["arrived_twice"] <= told["kills_in_the_window"] <= 5
