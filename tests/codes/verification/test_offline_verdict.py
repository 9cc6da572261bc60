"""What the service answers later to what a driver's page did without network, by the page's own table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from codes import Announcement, Database, DeliveryCodes, Person, open_key_ring
from codes.delivering.assignments import load
from codes.life.policy import Conditions, Rule
from codes.model import InHand, InHandBy, Means
from codes.sealing.sealing_key import open_sealing_key
from codes.settings import OfflineVerdict
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import SETTINGS, block_parcel, renew, shown

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases" / "offline-verdict.json").read_text())
LATER = [case for case in TABLE["cases"] if case["service"] is not None]
RULES = (
    Rule(when=Conditions(gift=True), code_required=False, reason="gift"),
    Rule(code_required=True, reason="always"),
)
MINE, OTHER = Person("Sample Recipient", "mine@example.org", "de"), Person("Somebody", "other@example.org", "de")


@pytest.fixture
def house(database: Database, ring_file: Path, clock: TurnableClock) -> Iterator[Callable[[str], DeliveryCodes]]:
    """Make delivery codes of a house that lets drivers hand over offline, or wait; gifts need no code."""
    made: list[DeliveryCodes] = []

    def make(offline: str) -> DeliveryCodes:
        settings = SETTINGS.model_copy(update={"offline": OfflineVerdict(offline), "shift_hours": TABLE["shift_hours"]})
        ring = open_key_ring(ring_file, database, clock)
        key = open_sealing_key(ring_file.with_name("sealing-key.pem"), database)
        made.append(DeliveryCodes(database, ring, key, settings, RULES, clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("case", LATER, ids=lambda case: case["why"])
def test_the_service_answers_later_what_the_table_says(
    house: Callable[[str], DeliveryCodes], clock: TurnableClock, case: dict[str, Any]
) -> None:
    codes = house(case.get("offline", "hand_over"))
    codes.announce([Announcement(each, MINE, "Shop", consignment="ORDER-1") for each in ("MINE-1", "MINE-2")])
    codes.announce([Announcement("OTHER-1", OTHER, "Shop"), Announcement("GIFT-1", OTHER, "Shop", gift=True)])
    driver, start = enrolled(codes), clock()
    for reference in ("MINE-1", "MINE-2", "OTHER-1", "GIFT-1"):
        codes.write(load, driver.device_id, reference)
    presented = "" if case.get("tap") else shown(codes, case["shown"]).payload
    clock.turn(timedelta(hours=1))
    if case.get("before") == "renewed":
        renew(codes, "MINE-1")
    elif case.get("before") == "revoked":
        block_parcel(codes, "MINE-1")
    elif case.get("before") == "handed_over":
        codes.present(enrolled(codes).presentation(presented, "MINE-1", now=clock()))
    at = start + timedelta(hours=case.get("at", 2))
    made = driver.presentation(presented, now=at, offline=True, means=Means.TAP if case.get("tap") else None)
    made = replace(made, parcels=tuple(InHand(reference, InHandBy(by)) for reference, by in case["in_hand"]))
    made = replace(made, signature=driver.sign(made.signed_text()))
    clock.turn(start + timedelta(hours=case.get("heard", 3)) - clock())
    assert codes.present(made).outcome == case["service"]
