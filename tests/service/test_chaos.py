"""The short form of `make chaos`: kill -9 under load, and nothing that was answered is lost or done twice."""

from __future__ import annotations

import pytest

from tests.parts.benches import told_by

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_was_answered_survives_every_kill(database: str) -> None:
    told = told_by("bench.chaos.chaos", "--database", database, "--kills", "2", "--seed", "2")
    assert told["kills"] == 2
    assert told["handovers"] == 2 * 12
    assert told["answers"] >= 2 * 36
    assert told["mails"] == told["handovers"] * 2
