"""Which parcels need a code."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from codes.life.policy import Conditions, Rule, apply_policy
from codes.model import Announcement, Destination, History, Person

REST = Rule(code_required=False, reason="rest")


def parcel(*, postcode: str | None = None, **facts: Any) -> Announcement:
    """Return an announcement of 50 EUR to an address."""
    return Announcement("P-1", Person("Sample Recipient", postcode=postcode), **{"value": Decimal(50), **facts})


def needs_code(conditions: dict[str, Any], announcement: Announcement) -> bool:
    """Tell whether a rule with these conditions applies."""
    return apply_policy(
        announcement, [Rule(when=Conditions(**conditions), code_required=True, reason="it"), REST]
    ).code_required


@pytest.mark.parametrize(
    ("conditions", "facts", "applies"),
    [
        ({"value_at_least": {"EUR": 100}}, {"value": Decimal("99.99")}, False),
        ({"value_at_least": {"EUR": 100}}, {"value": Decimal("100.00")}, True),
        ({"value_at_least": {"EUR": 100}}, {"value": Decimal("1"), "currency": "CHF"}, True),
        ({"value_at_least": {"EUR": 100}}, {"value": Decimal("0"), "currency": "CHF"}, False),
        ({"destination": ["locker", "po_box"]}, {"destination": Destination.LOCKER}, True),
        ({"destination": ["locker", "po_box"]}, {"destination": Destination.PICKUP_POINT}, False),
        ({"gift": True}, {"gift": True}, True),
        ({"gift": True}, {}, False),
        ({"gift": False}, {}, True),
        ({"postcode_starts_with": ["10", "SW1A"]}, {"postcode": "10 115"}, True),
        ({"postcode_starts_with": ["10", "SW1A"]}, {"postcode": "sw1a 2aa"}, True),
        ({"postcode_starts_with": ["10"]}, {"postcode": "20115"}, False),
        ({"postcode_starts_with": ["10"]}, {}, False),
        ({"sender": ["Sample Shop"]}, {"sender": "Sample Shop"}, True),
        ({"sender": ["Sample Shop"]}, {"sender": "Other Shop"}, False),
        ({"sender_wish": True}, {"sender_wish": True}, True),
        ({"sender_wish": True}, {}, False),
        ({"sender_wish": False}, {}, False),
        ({"disputes_at_least": 2}, {"history": History(disputes=1)}, False),
        ({"disputes_at_least": 2}, {"history": History(disputes=2)}, True),
        ({"losses_at_least": 1}, {"history": History(disputes=5)}, False),
        ({"losses_at_least": 1}, {"history": History(losses=1)}, True),
        ({"gift": False, "value_at_least": {"EUR": 10}}, {"gift": True}, False),
        ({"gift": True, "value_at_least": {"EUR": 10}}, {"gift": True}, True),
    ],
)
def test_a_rule_applies_when_all_its_conditions_hold(
    conditions: dict[str, Any], facts: dict[str, Any], applies: bool
) -> None:
    assert needs_code(conditions, parcel(**facts)) is applies


def test_the_first_rule_that_applies_decides_and_is_named() -> None:
    rules = [
        Rule(when=Conditions(gift=True), code_required=False, reason="gift"),
        Rule(when=Conditions(value_at_least={"EUR": Decimal(10)}), code_required=True, reason="value"),
        REST,
    ]
    decision = apply_policy(parcel(gift=True), rules)
    assert (decision.code_required, decision.reason, decision.rule) == (False, "gift", 1)
    assert apply_policy(parcel(), rules).rule == 2
    assert apply_policy(parcel(value=Decimal(1)), rules).rule == 3


def test_without_a_rule_that_applies_a_code_is_needed() -> None:
    decision = apply_policy(parcel(), [Rule(when=Conditions(gift=True), code_required=False, reason="gift")])
    assert (decision.code_required, decision.rule) == (True, 0)


@pytest.mark.parametrize(
    "rule",
    [
        {"code_required": True},
        {"code_required": True, "reason": "Not A Key"},
        {"code_required": True, "reason": "x", "when": {"colour": "red"}},
        {"code_required": True, "reason": "xx", "when": {"value_at_least": {"euro": 1}}},
        {"code_required": True, "reason": "xx", "when": {"destination": ["moon"]}},
    ],
)
def test_a_rule_that_means_nothing_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(rule)
