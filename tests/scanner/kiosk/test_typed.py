"""Digits typed at a kiosk: signed as the service expects, asked once also where a reply was lost, never noted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from codes.model import DeviceKind
from codes.pickup.intake import take_in
from scanner.kiosk.screen import Screen, served
from scanner.kiosk.service_client import UNKNOWN, KioskPlace
from scanner.kiosk.signed_presentation import Typed, signed_text
from tests.parts.application import CONFIG
from tests.parts.device import enrolled
from tests.parts.domain import shown
from tests.parts.scanning.kiosk_house import House
from web.configuration import Settings, load_settings

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases" / "signed-text.json").read_text())
WRONG = [
    {"by": "name", "who": "Somebody", "digits": "12345"},
    {"by": "name", "who": "Somebody", "digits": "１２３４５６"},
    {"by": "name", "who": "", "digits": "123456"},
    {"by": "name", "who": " ", "digits": "123456"},
    {"by": "name", "who": "S" * 51, "digits": "123456"},
    {"by": "name", "who": ["Somebody"], "digits": "123456"},
    {"by": "digits", "who": "654321", "digits": "123456"},
    {"by": "slots", "who": "654321", "digits": "123456"},
    {"who": "Somebody", "digits": "123456"},
    {"by": "name", "who": "Somebody", "digits": 123456},
    [],
    None,
]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """A house whose kiosks take digits."""
    usual = load_settings(CONFIG)
    return usual.model_copy(update={"codes": usual.codes.model_copy(update={"kiosk_keypad": True})})


@pytest.mark.parametrize("case", [each for each in TABLE["cases"] if not each.get("tap")], ids=lambda case: case["why"])
def test_the_signed_text_is_that_of_the_table(case: dict[str, Any]) -> None:
    assert signed_text(case, case["device_id"], case["form"]) == case["signed"]


def digits_waiting_here(house: House, reference: str) -> str:
    """Announce a parcel and take it in; returns its digits."""
    house.parcel(reference)
    house.codes.write(take_in, enrolled(house.codes, DeviceKind.COUNTER, reference).device_id, reference)
    return shown(house.codes, reference).digits


def test_digits_open_by_a_number_or_a_name_and_wrong_ones_do_not(house: House) -> None:
    service = house.service()
    for number, who in enumerate(({"reference": "P-0"}, {"name": "Sample Recipient"})):
        digits = digits_waiting_here(house, f"P-{number}")
        wrong = "000000" if digits != "000000" else "000001"
        assert service.present(Typed(wrong, **who))["outcome"] == "wrong_code"
        assert service.present(Typed(digits, **who))["outcome"] == "accepted"
        assert house.handed_over_at(f"P-{number}") is not None
    assert service.present(Typed(digits, name="Nobody Here"))["outcome"] == "wrong_code"


def test_a_reply_that_was_lost_is_the_same_green_for_a_name_too(house: House) -> None:
    typed, service = Typed(digits_waiting_here(house, "P-1"), name="Sample Recipient"), house.service()
    house.line.loses_replies_of = "/api/v1/verifications"
    assert service.present(typed) == UNKNOWN
    assert house.handed_over_at("P-1") is not None
    house.line.loses_replies_of = ""
    assert house.service().present(typed)["outcome"] == "accepted"


def test_digits_are_never_noted_while_the_service_is_away(house: House) -> None:
    digits, service = digits_waiting_here(house, "P-1"), house.service()
    house.line.cut = True
    for who in ({"reference": "P-1"}, {"name": "Sample Recipient"}):
        assert service.present(Typed(digits, **who)) == UNKNOWN
    assert len(service.waiting) == 0


def test_the_kiosk_hears_whether_digits_may_be_typed(house: House) -> None:
    service = house.service()
    assert service.place == KioskPlace()
    service.give_sign("on")
    assert service.place.keypad


def test_only_digits_with_one_name_or_number_are_taken_and_only_from_this_page() -> None:
    taken: list[Typed] = []

    def take(typed: Typed) -> bool:
        taken.append(typed)
        return len(taken) == 1

    screen = Screen()
    screen.take_typed = take
    with served(screen, Path(), 0) as address, httpx.Client() as client:
        page = {"Origin": address.rstrip("/")}
        statuses = [client.post(f"{address}typed", json=each, headers=page).status_code for each in WRONG]
        assert set(statuses) == {422}
        right = {"by": "name", "who": " Somebody ", "digits": "123456"}
        assert client.post(f"{address}typed", json=right).status_code == 403
        assert [client.post(f"{address}typed", json=right, headers=page).status_code for _ in range(2)] == [204, 409]
    assert taken == [Typed("123456", name="Somebody")] * 2
