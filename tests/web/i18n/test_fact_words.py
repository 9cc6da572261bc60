"""What an auditor reads of an event is in words: no fact and no value as programs write it."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa
from flask import Flask

from codes import DeliveryCodes, tables
from codes.accounts.staff import Role
from codes.model import Conflict, HolderKind, InHandBy, Means, Outcome, ReportKind
from tests.parts.browser.office_pages import furnish_day, furnish_office
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.staff import add_member
from web.i18n.fact_words import FACT_WORDS, FOR_MACHINES, VALUE_WORDS

ENUMS = {"means": Means, "holder": HolderKind, "conflict": Conflict, "kind": ReportKind, "outcome": Outcome}


def test_each_fact_of_a_day_has_words_or_is_for_machines(codes: DeliveryCodes, clock: TurnableClock) -> None:
    furnish_day(codes, clock)
    furnish_office(codes, clock)
    with codes.database.reading() as connection:
        rows = connection.execute(sa.select(tables.events.c.facts)).scalars().all()
    told = {name for row in rows for name in json.loads(row)}
    assert {"means", "deadline", "point"} <= told
    assert told - set(FACT_WORDS) - FOR_MACHINES == set()
    assert set(FACT_WORDS) & FOR_MACHINES == set()


def test_each_value_that_the_domain_knows_has_words() -> None:
    for name, known in ENUMS.items():
        assert {str(each) for each in known} - set(VALUE_WORDS[name]) == set(), name
    assert {str(each) for each in InHandBy} - set(VALUE_WORDS["by"]) == set()


def test_the_audit_of_a_handover_is_read_without_a_dictionary(
    app: Flask, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    furnish_day(codes, clock)
    add_member(codes, "eyes", PASSWORD, Role.AUDITOR)
    auditor = app.test_client()
    auditor.post("/office/sign-in", data={"name": "eyes", "password": PASSWORD})
    page = auditor.get("/office/audit/SAMPLE-PARCEL-WITH-A-LONG-NUMBER-0001?lang=en").text
    facts = [" ".join(each) for each in re.findall(r"<dt>(.*?)</dt><dd[^>]*>(?:<bdi>)?(.*?)<", page)]
    assert {"Shown as symbol", "By its label", "Device Sample tour 1", "Whose code the recipient"} <= set(facts)
    assert [each for each in facts if "_" in each or "payload" in each or "True" in each] == []
