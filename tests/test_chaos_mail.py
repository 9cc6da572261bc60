"""The short form of `make chaos-mail`: kill -9 while mails go out, and each arrives, hardly ever twice."""

from __future__ import annotations

from bench.chaos_mail import mail_house


def test_every_mail_survives_the_kills_of_its_worker() -> None:
    with mail_house("sqlite", seed=5) as chaos:
        for _ in range(5):
            chaos.kill_once(mails=4)
        result = chaos.finish()
    assert (result.kills, result.mails) == (5, 20)
    assert result.arrived == 20 + result.arrived_twice
    assert result.arrived_twice <= result.kills_in_the_window <= 5
