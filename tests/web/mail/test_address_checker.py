"""Addresses at which nothing arrives are warned of; a name server that is silent warns of nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person
from codes.life.address_checks import is_check_due, warnings_of
from codes.model import AddressWarning
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import correct
from tests.parts.clock import TurnableClock
from tests.parts.domain import recorded
from tests.parts.servers.name_server import running_name_server
from web.mail.address_checker import WAITS, AddressChecker, has_mail_server

RECORDS = {
    ("good.example.org", "MX"): ["10 mx.example.org."],
    ("no-mail.example.org", "MX"): ["0 ."],
    ("host.example.org", "A"): ["192.0.2.1"],
    ("host6.example.org", "AAAA"): ["2001:db8::1"],
    ("text.example.org", "TXT"): ['"nothing"'],
    ("xn--bcher-kva.example.org", "MX"): ["10 mx.example.org."],
}
NO_SERVER = AddressWarning.NO_MAIL_SERVER


def announced(codes: DeliveryCodes, reference: str, email: str) -> None:
    """Announce a parcel for this address."""
    codes.announce([Announcement(reference, Person("Sample", email))])


def warning(codes: DeliveryCodes, reference: str) -> AddressWarning | None:
    """Return what is warned of a parcel's recipient."""
    holder_id = recorded(codes, reference).holder_id
    return codes.read(warnings_of, [holder_id]).get(holder_id)


@pytest.mark.parametrize(
    ("domain", "takes_mail"),
    [
        ("good.example.org", True),
        ("good.example.org.", True),
        ("no-mail.example.org", False),
        ("host.example.org", True),
        ("host6.example.org", True),
        ("text.example.org", False),
        ("missing.example.org", False),
    ],
)
def test_a_domain_takes_mail_by_its_servers_or_its_host(domain: str, takes_mail: bool) -> None:
    with running_name_server(RECORDS) as resolver:
        assert has_mail_server(resolver, domain) is takes_mail


def test_addresses_are_looked_at_after_they_were_announced_and_again_when_they_are_corrected(
    codes: DeliveryCodes,
) -> None:
    for reference, email in {
        "P-1": "a@good.example.org",
        "P-2": "a@missing.example.org",
        "P-3": "a@good.example.org.",
        "P-4": "a.@good.example.org",
        "P-5": "a@b\u00fccher.example.org",
    }.items():
        announced(codes, reference, email)
    assert warning(codes, "P-2") is None
    assert warning(codes, "P-3") is AddressWarning.FINAL_DOT
    with running_name_server(RECORDS) as resolver:
        checker = AddressChecker(codes, resolver)
        assert checker.check_due() == 5
        assert checker.check_due() == 0
        found = [warning(codes, f"P-{number}") for number in range(1, 6)]
        assert found == [None, NO_SERVER, AddressWarning.FINAL_DOT, AddressWarning.FINAL_DOT, None]
        codes.write(correct, recorded(codes, "P-2").parcel_id, {"email": "a@good.example.org"}, Asker.SENDER)
        assert warning(codes, "P-2") is None
        codes.write(correct, recorded(codes, "P-1").parcel_id, {"email": "a@missing.example.org"}, Asker.SENDER)
        assert checker.check_due() == 2
    assert (warning(codes, "P-1"), warning(codes, "P-2")) == (NO_SERVER, None)


def test_a_name_server_without_an_answer_is_asked_again_a_few_times_and_warns_of_nothing(
    codes: DeliveryCodes, clock: TurnableClock
) -> None:
    announced(codes, "P-1", "a@missing.example.org")
    with running_name_server(RECORDS, silent=True) as resolver:
        checker = AddressChecker(codes, resolver)
        for wait in WAITS:
            assert checker.check_due() == 1
            assert checker.check_due() == 0
            clock.turn(wait + timedelta(seconds=1))
        assert checker.check_due() == 1
    assert not codes.read(is_check_due)
    clock.turn(timedelta(days=2))
    assert not codes.read(is_check_due)
    assert warning(codes, "P-1") is None


def test_what_was_found_of_many_addresses_is_noted_in_one_transaction(codes: DeliveryCodes) -> None:
    for number in range(20):
        announced(codes, f"P-{number}", f"a{number}@missing.example.org")
    commits: list[sa.Connection] = []
    with running_name_server(RECORDS) as resolver:
        sa.event.listen(codes.database.engine, "commit", commits.append)
        assert AddressChecker(codes, resolver).check_due() == 20
    assert len(commits) == 2
    assert {warning(codes, f"P-{number}") for number in range(20)} == {NO_SERVER}


def test_without_a_name_server_only_the_writing_is_looked_at(codes: DeliveryCodes) -> None:
    announced(codes, "P-1", "a@missing.example.org")
    announced(codes, "P-2", "a@missing.example.org.")
    assert AddressChecker(codes, None).check_due() == 2
    assert (warning(codes, "P-1"), warning(codes, "P-2")) == (None, AddressWarning.FINAL_DOT)
