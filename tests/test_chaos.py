"""The short form of `make chaos`: kill -9 under load, and nothing that was answered is lost or done twice."""

from __future__ import annotations

import pytest

from bench.chaos import house


@pytest.mark.parametrize(("database", "kills"), [("sqlite", 2), ("postgresql", 2)])
def test_what_was_answered_survives_every_kill(database: str, kills: int) -> None:
    with house(database, seed=kills) as chaos:
        for _ in range(kills):
            chaos.kill_once()
        result = chaos.finish()
    assert result.kills == kills
    assert result.handovers == kills * 12
    assert result.answers >= kills * 36
    assert result.mails == result.handovers * 2
