"""Every query that grows with the number of parcels uses an index: the plans are read on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from codes import Announcement, Database, DeliveryCodes, Person
from codes.accounts.staff_log import ActionFilters, ActionOrder, count_actions, list_actions
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import Visit, end_without_handover
from codes.life.delegates import name_delegate
from codes.life.issuing import renew_code
from codes.life.parcel_records import find_parcel
from codes.model import AttemptReason
from codes.office.counts import watch_wrong_digits
from codes.office.mail_list import MailFilters, MailOrder, MailState, count_mails, list_mails
from codes.office.parcel_list import Filters, Matter, Order, State, count_parcels, list_page
from codes.office.searching import FoundOrder, Wanted, count_found, find_parcels
from codes.recipients.outbox import claim_due, mark_sent
from codes.recipients.tickets import notice_of_message, ticket_of_key
from codes.store.schema import migrate
from codes.verification import reading_facts
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import codes_over, shown
from tests.parts.stores import GROWING


@pytest.fixture(scope="module")
def clock() -> TurnableClock:
    """One clock for one store."""
    return TurnableClock()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def filled(
    request: pytest.FixtureRequest, clock: TurnableClock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeliveryCodes]:
    """A store with enough parcels for a planner to prefer an index, and with statistics; each test has its own."""
    folder = tmp_path_factory.mktemp("filled")
    url = f"sqlite:///{folder / 'doorcode.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_server").fresh_database()
    database = Database(url)
    migrate(database)
    codes = codes_over(database, folder / "secrets" / "keyring.json", clock)
    people = [Person("Sample Recipient", f"sample-{number}@example.org") for number in range(3000)]
    codes.announce([Announcement(f"P-{number}", person) for number, person in enumerate(people)])
    clock.turn(timedelta(hours=1))
    codes.seal()
    with codes.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if codes.database.is_sqlite else "VACUUM ANALYZE")
    clock.turn(timedelta(hours=1))
    yield codes
    codes.close()


@contextmanager
def statements_of(codes: DeliveryCodes) -> Iterator[list[tuple[str, Any]]]:
    """Write down each statement that is executed, with its values."""
    said: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            said.append((statement, parameters[0] if many and parameters else parameters))

    sa.event.listen(codes.database.engine, "before_cursor_execute", listen)
    yield said
    sa.event.remove(codes.database.engine, "before_cursor_execute", listen)


def plan_of(codes: DeliveryCodes, statement: str, parameters: Any) -> str:
    """Return the plan that the database has for a statement.

    PostgreSQL reads small tables whole although an index would serve; it is told to do so only where none would.
    """
    explain = "EXPLAIN QUERY PLAN " if codes.database.is_sqlite else "EXPLAIN "
    with codes.database.reading() as connection:
        raw: Any = connection.connection.driver_connection
        if not codes.database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = raw.cursor().execute(explain + statement, parameters).fetchall()
    return "\n".join(str(row[-1]) for row in rows)


def whole_reads(plan: str) -> list[str]:
    """Return the growing tables that a plan reads from end to end."""
    read = re.findall(r"Seq Scan on (\w+)|\bSCAN (\w+)(?! USING (?:COVERING )?INDEX)", plan)
    return [name for names in read for name in names if name in GROWING]


def announce(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    person = Person("Sample Recipient", "sample-7@example.org")
    codes.announce([Announcement(f"NEW-{number}", person) for number in range(20)])


def accept(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    codes.present(driver.presentation(shown(codes, "P-1500").payload, "P-1500", now=clock()))


def guess(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    codes.present(driver.presentation("000000", "P-1501", now=clock()))


def renew(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    parcel = codes.read(find_parcel, "P-1502")
    assert parcel is not None
    codes.write(renew_code, parcel.holder_id, "recipient")


def name_a_delegate(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    parcel = codes.read(find_parcel, "P-1503")
    assert parcel is not None
    delegate = codes.write(name_delegate, parcel.holder_id, Person("Sample Neighbour"), clock() + timedelta(days=1))
    assert codes.read(ticket_of_key, delegate.ticket_key) is not None


def claim_mails(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    (message, *_) = codes.write(claim_due, limit=10, lease=timedelta(minutes=1))
    codes.read(notice_of_message, message.id)
    codes.write(mark_sent, message, "250 OK")


def miss(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    codes.write(end_without_handover, Visit(uuid4(), driver.device_id, "P-1504", AttemptReason.NO_CODE, clock()))


def seal_and_prove(codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock) -> None:
    codes.write(mark_out_for_delivery, "P-1505")
    codes.seal()
    codes.proof_of("P-1505")


@pytest.mark.parametrize(
    "act",
    [announce, accept, guess, renew, name_a_delegate, claim_mails, miss, seal_and_prove],
    ids=lambda act: act.__name__,
)
def test_no_table_that_grows_is_read_from_end_to_end(
    filled: DeliveryCodes,
    clock: TurnableClock,
    act: Callable[[DeliveryCodes, SigningDevice, TurnableClock], None],
) -> None:
    driver = enrolled(filled)
    with statements_of(filled) as said:
        act(filled, driver, clock)
    assert said
    plans = [(statement, plan_of(filled, statement, parameters)) for statement, parameters in said]
    bad = [(statement, plan) for statement, plan in plans if whole_reads(plan)]
    assert bad == [], "\n\n".join(f"{statement}\n{plan}" for statement, plan in bad)


def test_the_statements_of_the_hot_path_find_their_rows_by_an_index(filled: DeliveryCodes) -> None:
    dialect, ids = filled.database.engine.dialect.name, [uuid4() for _ in range(3)]
    wanted: Mapping[str, Any] = {"numbers": ["P-1", "P-2", "P-3"], "digests": [bytes(32)]}
    queries = [
        (reading_facts.locked_parcels(dialect), wanted),
        (reading_facts.locked_parcels(dialect), {"numbers": ["P-1"], "digests": []}),
        (reading_facts.holders_with_codes(dialect), wanted),
        (reading_facts.handovers_and_tours(dialect), wanted),
        (reading_facts.held_devices(dialect, alone=True), {"devices": ids}),
        (reading_facts.held_devices(dialect, alone=False), {"devices": ids}),
        (reading_facts.prior_answers(dialect), {"presentations": ids}),
    ]
    with statements_of(filled) as said, filled.database.reading() as connection:
        for query, values in queries:
            connection.execute(query, values)
    assert len(said) == len(queries)
    assert [whole_reads(plan_of(filled, *each)) for each in said] == [[]] * len(said)


def test_the_check_would_notice_a_table_read_from_end_to_end(filled: DeliveryCodes) -> None:
    plan = plan_of(filled, "SELECT count(*) FROM holders WHERE name = 'x'", ())
    assert whole_reads(plan) == ["holders"]


def test_the_alarm_counts_by_an_index(filled: DeliveryCodes, clock: TurnableClock) -> None:
    with statements_of(filled) as said:
        filled.read(watch_wrong_digits)
    assert len(said) == 1
    assert [whole_reads(plan_of(filled, *each)) for each in said] == [[]]


FILTERS = [
    Filters(),
    Filters(search="P-12"),
    Filters(search="sample recip"),
    Filters(search="sample-7@example.org"),
    Filters(search="0170 1234567"),
    *(Filters(state=each) for each in State),
    Filters(day=date(2026, 1, 2)),
    Filters(tour=uuid4()),
    Filters(imported=uuid4()),
    Filters(sender="shop"),
    Filters(point=uuid4()),
    *(Filters(matters=frozenset({each})) for each in Matter),
    Filters("P", State.OUT, date(2026, 1, 2), uuid4(), "shop", uuid4(), frozenset(Matter)),
]


@pytest.mark.parametrize("order", Order)
def test_the_office_lists_parcels_by_an_index_however_they_are_filtered_and_sorted(
    filled: DeliveryCodes, order: Order
) -> None:
    with statements_of(filled) as said:
        for filters in FILTERS:
            filled.read(list_page, filters, order=order, limit=50)
            filled.read(count_parcels, filters)
    assert len(said) >= 2 * len(FILTERS)
    plans = [(statement, plan_of(filled, statement, parameters)) for statement, parameters in said]
    bad = [(statement, plan) for statement, plan in plans if whole_reads(plan)]
    assert bad == [], "\n\n".join(f"{statement}\n{plan}" for statement, plan in bad)


AUDITED = [
    Wanted(),
    Wanted(reference="P-12"),
    Wanted(recipient="Sample Recip"),
    Wanted(recipient="sample-7@example.org"),
    Wanted(device="Test device"),
    Wanted(day=date(2026, 1, 2)),
    Wanted("P", "Sample", "test", date(2026, 1, 2)),
]
MAILED = [
    MailFilters(),
    MailFilters(search="P-12"),
    MailFilters(day=date(2026, 1, 2)),
    *(MailFilters(state=each) for each in MailState),
    MailFilters("sample", MailState.SENT, date(2026, 1, 2)),
]
DONE = [
    ActionFilters(),
    ActionFilters(name="admin"),
    ActionFilters(subjects=("P-12", "p-12")),
    ActionFilters(day=date(2026, 1, 2)),
    ActionFilters("admin", ("P-12",), date(2026, 1, 2)),
]


@pytest.mark.parametrize("descending", [True, False])
def test_the_other_lists_of_the_office_are_read_by_an_index_too(filled: DeliveryCodes, descending: bool) -> None:
    enrolled(filled)
    with statements_of(filled) as said:
        for mails, mail_order in product(MAILED, MailOrder):
            filled.read(list_mails, mails, order=mail_order, descending=descending, limit=50)
            filled.read(count_mails, mails)
        for actions, action_order in product(DONE, ActionOrder):
            filled.read(list_actions, actions, order=action_order, descending=descending, limit=50)
            filled.read(count_actions, actions)
        for wanted, found_order in product(AUDITED, FoundOrder):
            filled.read(find_parcels, wanted, order=found_order, descending=descending, limit=50)
            filled.read(count_found, wanted)
    plans = [(statement, plan_of(filled, statement, parameters)) for statement, parameters in said]
    bad = [(statement, plan) for statement, plan in plans if whole_reads(plan)]
    assert bad == [], "\n\n".join(f"{statement}\n{plan}" for statement, plan in bad)
