"""Whatever makes the service send or record has a budget: beyond it people are answered, and it is counted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from codes import DeliveryCodes, Outcome, Person, tables
from codes.accounts.staff import Member
from codes.accounts.staff_log import begin_action, list_actions
from codes.auditing.audit import audit
from codes.delivering.visits import OtherVisit, Visit, VisitResult, end_without_handover, report
from codes.integrations.idempotency import MOST_PER_DAY as KEYS_PER_DAY
from codes.integrations.idempotency import begin_call
from codes.integrations.shops import MOST_LOGGED_PER_DAY, CallResult, ShopKind, add_shop, calls_of_shop, record_call
from codes.integrations.webhook_queue import REPLAYS_PER_DAY, replay_messages
from codes.integrations.webhooks import MOST as MOST_WEBHOOKS
from codes.integrations.webhooks import TooManyWebhooks, add_webhook
from codes.life.blocking import UNBLOCKED_A_DAY, Blocker, Part, block, unblock
from codes.life.parcel_records import events_of_parcel
from codes.model import AttemptReason, DeviceKind, EventKind, MessageKind, ParcelSize, ReportKind
from codes.office.counts import watch_wrong_digits
from codes.pickup.counting import count_shelf, last_counts
from codes.pickup.intake import put_on_shelf, send_back, take_in
from codes.pickup.points import PointTerms, add_point, put_shelf
from codes.recipients.code_requests import Asker, SentAgain, print_letter, renew, send_again, send_again_at_door
from codes.recipients.tickets import ShownCode
from codes.recipients.wishes import Wished, let_come_as_planned, make_wish, redirect, withdraw_wish
from codes.settings import BudgetSettings, WishSettings
from codes.store.budgets import EVENTS_BY_HOUSE, FOR_LIFE, MOST_EVENTS, Budget, TooOften, charge, forget_budgets, spend
from codes.verification.refusals import MOST_FOR_LIFE, Refusal, bound
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import recorded, shown, told

Announce = Callable[..., ShownCode]
BUDGETS = BudgetSettings()
FOREIGN = "https://example.org/not-ours"


def visit(driver: SigningDevice, clock: TurnableClock, reference: str = "P-1") -> Visit:
    return Visit(uuid4(), driver.device_id, reference, AttemptReason.NOBODY_HOME, clock())


def kinds(codes: DeliveryCodes, reference: str = "P-1") -> list[EventKind]:
    return [event.kind for event in codes.read(events_of_parcel, recorded(codes, reference).parcel_id)]


def spent(codes: DeliveryCodes, what: Budget, subject: UUID) -> int:
    table = tables.budgets
    with codes.database.reading() as connection:
        query = sa.select(table.c.spent).where(table.c.subject == subject, table.c.what == what.value)
        return connection.execute(query.where(table.c.day > FOR_LIFE)).scalar() or 0


def verifications(codes: DeliveryCodes) -> int:
    with codes.database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(tables.verifications)).scalar_one()


def test_a_budget_is_charged_before_and_holds_for_many_at_once_and_the_next_day_it_is_full_again(
    codes: DeliveryCodes, clock: TurnableClock
) -> None:
    subject = uuid4()

    def charge(_number: int) -> bool:
        return codes.write(lambda t: t.spend(Budget.VISIT, subject, 7))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(charge, range(24))) == 7
    assert spent(codes, Budget.VISIT, subject) == 24
    assert codes.write(lambda t: t.spend(Budget.REPORT, subject, 7))
    clock.turn(timedelta(days=1))
    assert charge(0)


def test_what_was_counted_on_days_that_are_over_is_forgotten_and_what_counts_for_life_is_kept(
    codes: DeliveryCodes, clock: TurnableClock
) -> None:
    subject = uuid4()
    with codes.database.writing() as connection:
        spend(connection, Budget.REFUSAL, subject, 1)
        spend(connection, Budget.REFUSAL, subject, 1, clock().date())
    clock.turn(timedelta(days=3))
    with codes.database.writing() as connection:
        spend(connection, Budget.REFUSAL, subject, 1, clock().date())
        forget_budgets(connection, clock())
        days = set(connection.execute(sa.select(tables.budgets.c.day)).scalars())
    assert days == {FOR_LIFE, clock().date()}


def test_a_hundred_visits_are_six_mails_and_the_rest_is_counted(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    results = [codes.write(end_without_handover, visit(driver, clock)) for _ in range(100)]
    assert results == [VisitResult.RECORDED] * 6 + [VisitResult.COUNTED] * 94
    assert told(codes).count(MessageKind.NOT_HANDED_OVER) == 6
    assert kinds(codes).count(EventKind.NOT_HANDED_OVER) == 6
    assert spent(codes, Budget.VISIT, recorded(codes).parcel_id) == 100
    clock.turn(timedelta(days=1))
    assert codes.write(end_without_handover, visit(driver, clock)) is VisitResult.RECORDED


def test_whoever_waits_for_many_parcels_is_written_to_as_seldom_as_anybody(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    person, most = Person("Sample Recipient", "sample@example.org", "de"), codes.settings.budgets.mails_to_holder
    references = [f"P-{number}" for number in range(most)]
    for reference in references:
        announce(reference, recipient=person, consignment="C-1")
    drivers = [enrolled(codes, name=f"Van {number}") for number in range(2)]
    for driver in drivers:
        for reference in references:
            assert codes.write(end_without_handover, visit(driver, clock, reference)) is VisitResult.RECORDED
    with codes.database.reading() as connection:
        query = sa.select(sa.func.count()).where(tables.messages.c.kind == MessageKind.NOT_HANDED_OVER.value)
        assert connection.execute(query).scalar_one() == most
    assert spent(codes, Budget.MAIL_TO_HOLDER, recorded(codes, "P-0").holder_id) == 2 * most


def test_blocking_always_works_and_letting_go_has_a_budget(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1")
    parcel_id, office = recorded(codes).parcel_id, Blocker(Part.COMMAND)
    for _ in range(UNBLOCKED_A_DAY):
        assert codes.write(block, parcel_id, office)
        assert codes.write(unblock, parcel_id, office)
        assert not codes.write(unblock, parcel_id, office)
    assert codes.write(block, parcel_id, office)
    with pytest.raises(TooOften):
        codes.write(unblock, parcel_id, office)
    assert kinds(codes).count(EventKind.PARCEL_UNBLOCKED) == UNBLOCKED_A_DAY


def test_however_full_a_chain_is_the_house_renews_a_code_and_takes_the_parcel_in(
    codes: DeliveryCodes, announce: Announce
) -> None:
    announce("P-1")
    codes.write(add_point, PointTerms("Here"))
    counter, parcel = enrolled(codes, DeviceKind.COUNTER), recorded(codes)
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.parcels).values(events=MOST_EVENTS))
    assert not codes.write(renew, parcel.holder_id, Asker.HOLDER)
    assert codes.write(renew, parcel.holder_id, Asker.STAFF)
    assert codes.write(take_in, counter.device_id, "P-1")
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.parcels).values(events=MOST_EVENTS + EVENTS_BY_HOUSE))
    assert not codes.write(renew, parcel.holder_id, Asker.STAFF)


def test_long_wrong_digits_are_charged_as_other_refusals() -> None:
    parcel, device, today = uuid4(), uuid4(), date(2026, 11, 24)
    tries = [Refusal(uuid4(), device, [parcel], length, wrong_digits=True) for length in (500, 4500)]
    assert bound(tries[:1], {}, {}, BUDGETS, today).charged == {}
    bounded = bound(tries[1:], {}, {}, BUDGETS, today)
    assert bounded.charged[parcel, today] == bounded.charged[parcel, FOR_LIFE] == 2
    over = bound(tries[1:], {(parcel, today): BUDGETS.refusals_per_parcel}, {}, BUDGETS, today)
    assert over.nowhere == {tries[1].presentation_id}
    assert (parcel, FOR_LIFE) not in over.charged


def test_a_device_reports_only_so_many_visits_a_day_over_all_parcels(
    make_codes: Callable[..., DeliveryCodes], announce: Announce, clock: TurnableClock
) -> None:
    codes = make_codes(budgets=BudgetSettings(visits_per_device=3))
    first, second = enrolled(codes), enrolled(codes)
    for number in range(5):
        announce(f"P-{number}")
    results = [codes.write(end_without_handover, visit(first, clock, f"P-{number}")) for number in range(5)]
    assert results == [VisitResult.RECORDED] * 3 + [VisitResult.COUNTED] * 2
    assert codes.write(end_without_handover, visit(second, clock, "P-4")) is VisitResult.RECORDED
    codes.close()


def test_the_same_visit_again_costs_nothing_and_another_one_under_its_id_is_refused(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    announce("P-2")
    once = visit(driver, clock)
    for _ in range(20):
        assert codes.write(end_without_handover, once) is VisitResult.RECORDED
    assert spent(codes, Budget.VISIT, driver.device_id) == 1
    others = [
        Visit(once.visit_id, driver.device_id, "P-2", once.reason, clock()),
        Visit(once.visit_id, enrolled(codes).device_id, "P-1", once.reason, clock()),
        Visit(once.visit_id, driver.device_id, "P-1", AttemptReason.REFUSED, clock()),
    ]
    for other in others:
        with pytest.raises(OtherVisit):
            codes.write(end_without_handover, other)


def test_visits_end_a_code_once_a_day_where_the_policy_renews_after_each(
    make_codes: Callable[..., DeliveryCodes], announce: Announce, clock: TurnableClock
) -> None:
    codes = make_codes(renew_after_visit=True)
    driver = enrolled(codes)
    announce("P-1")
    for _ in range(6):
        clock.turn(timedelta(minutes=1))
        codes.write(end_without_handover, visit(driver, clock))
    assert kinds(codes).count(EventKind.CODE_RENEWED) == 1
    codes.close()


@pytest.mark.parametrize("use_case", [send_again, renew])
def test_each_who_asks_for_a_holders_mail_has_a_budget_of_their_own(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock, use_case: Callable[..., bool | SentAgain]
) -> None:
    announce("P-1")
    holder_id = recorded(codes).holder_id
    for asker, most in ((Asker.HOLDER, 6), (Asker.STAFF, 12), (Asker.SENDER, 12)):
        asked = []
        for _ in range(most + 5):
            clock.turn(timedelta(minutes=10))
            asked.append(codes.write(use_case, holder_id, asker) in (True, SentAgain.SENT))
        assert asked == [True] * most + [False] * 5
    with codes.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.messages)).scalar_one() == 31


def test_a_renewal_and_a_mail_sent_again_are_of_one_budget(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    holder_id = recorded(codes).holder_id
    for _ in range(3):
        clock.turn(timedelta(minutes=10))
        assert codes.write(send_again, holder_id, Asker.HOLDER) is SentAgain.SENT
        assert codes.write(renew, holder_id, Asker.HOLDER)
    before = shown(codes, "P-1")
    assert not codes.write(renew, holder_id, Asker.HOLDER)
    assert shown(codes, "P-1") == before


def test_many_devices_together_have_a_parcels_mail_sent_only_so_often_a_day(
    codes: DeliveryCodes, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    results = []
    for _ in range(9):
        clock.turn(timedelta(minutes=11))
        results.append(codes.write(send_again_at_door, enrolled(codes).device_id, "P-1"))
    assert results == [SentAgain.SENT] * 6 + [SentAgain.TOO_OFTEN] * 3


def test_a_parcel_is_reported_only_so_often_a_day(codes: DeliveryCodes, announce: Announce) -> None:
    announce("P-1")
    reported = [codes.write(report, "P-1", ReportKind.LOST, "sender") for _ in range(15)]
    assert reported == [True] * 10 + [False] * 5
    assert kinds(codes).count(EventKind.REPORTED) == 10


@pytest.mark.parametrize("presented", [FOREIGN, "731" + "0" * 31, "12345"])
def test_nonsense_is_answered_for_ever_and_recorded_only_so_often(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock, presented: str
) -> None:
    announce("P-1")
    for _ in range(120):
        assert not codes.present(driver.presentation(presented, "P-1", now=clock())).accepted
    assert kinds(codes).count(EventKind.PRESENTED) == BUDGETS.refusals_per_parcel
    assert verifications(codes) == BUDGETS.refusals_per_parcel
    assert spent(codes, Budget.REFUSAL, recorded(codes).parcel_id) == 120
    right = shown(codes, "P-1")
    assert codes.present(driver.presentation(right.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_nonsense_over_many_parcels_is_bounded_by_its_device(
    make_codes: Callable[..., DeliveryCodes], announce: Announce, clock: TurnableClock
) -> None:
    codes = make_codes(budgets=BudgetSettings(refusals_per_device=30))
    driver, counter = enrolled(codes), enrolled(codes, DeviceKind.COUNTER)
    references = [f"P-{number}" for number in range(10)]
    for reference in references:
        announce(reference)
    for _ in range(9):
        codes.present(driver.presentation(FOREIGN, *references, now=clock()))
    assert sum(kinds(codes, reference).count(EventKind.PRESENTED) for reference in references) == 30
    for _ in range(40):
        codes.present(counter.presentation(FOREIGN, now=clock()))
    with codes.database.reading() as connection:
        house = tables.house_events
        query = sa.select(sa.func.count()).where(house.c.kind == "presented")
        assert connection.execute(query).scalar_one() == 30
    codes.close()


def test_nonsense_of_many_days_leaves_room_in_a_parcels_chain(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    announce("P-1")
    for _ in range(9):
        for _ in range(BUDGETS.refusals_per_parcel):
            codes.present(driver.presentation(FOREIGN, "P-1", now=clock()))
        clock.turn(timedelta(days=1))
    assert kinds(codes).count(EventKind.PRESENTED) == MOST_FOR_LIFE


def test_wrong_digits_are_recorded_whatever_nonsense_came_before(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    wrong = "000000" if announce("P-1").digits != "000000" else "111111"
    for _ in range(60):
        codes.present(driver.presentation(FOREIGN, "P-1", now=clock()))
    for _ in range(5):
        assert codes.present(driver.presentation(wrong, "P-1", now=clock())).outcome is Outcome.WRONG_CODE
    assert kinds(codes).count(EventKind.PRESENTED) == BUDGETS.refusals_per_parcel + 5
    assert codes.read(watch_wrong_digits).wrong_digits == 5


def test_a_long_text_takes_more_of_a_budget_and_a_full_chain_takes_nothing() -> None:
    today, parcel, device = TurnableClock()().date(), uuid4(), uuid4()

    def refusals(length: int, *, wrong_digits: bool = False) -> list[Refusal]:
        return [Refusal(uuid4(), device, [parcel], length, wrong_digits) for _ in range(60)]

    assert len(bound(refusals(900), {}, {}, BUDGETS, today).nowhere) == 20
    assert len(bound(refusals(9_000), {}, {}, BUDGETS, today).nowhere) == 52
    assert len(bound(refusals(90_000), {}, {}, BUDGETS, today).nowhere) == 60
    assert not bound(refusals(900, wrong_digits=True), {}, {}, BUDGETS, today).nowhere
    assert len(bound(refusals(900, wrong_digits=True), {}, {parcel: MOST_EVENTS}, BUDGETS, today).nowhere) == 60


def test_a_full_chain_takes_no_visit_and_no_mail_but_the_handover(
    codes: DeliveryCodes, driver: SigningDevice, announce: Announce, clock: TurnableClock
) -> None:
    code = announce("P-1")
    parcel = recorded(codes)
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.parcels).values(events=MOST_EVENTS))
    assert codes.write(end_without_handover, visit(driver, clock)) is VisitResult.COUNTED
    assert not codes.write(renew, parcel.holder_id, Asker.HOLDER)
    assert codes.present(driver.presentation(code.payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED


def test_a_caller_keeps_only_so_many_first_answers_a_day(codes: DeliveryCodes, clock: TurnableClock) -> None:
    caller, other = uuid4(), uuid4()
    with codes.database.writing() as connection:
        charge(connection, Budget.IDEMPOTENCY_KEY, caller, clock().date(), KEYS_PER_DAY - 1)
    assert codes.write(begin_call, caller, "first", b"") is None
    with pytest.raises(TooOften):
        codes.write(begin_call, caller, "second", b"")
    assert codes.write(begin_call, other, "second", b"") is None


def test_a_webhook_is_sent_everything_again_only_so_often_a_day(codes: DeliveryCodes) -> None:
    webhook_id = codes.write(add_webhook, "Sample", "https://example.org/hook")
    for _ in range(REPLAYS_PER_DAY):
        codes.write(replay_messages, webhook_id)
    with pytest.raises(TooOften):
        codes.write(replay_messages, webhook_id)


def test_there_are_only_so_many_webhooks_of_each_realm(codes: DeliveryCodes) -> None:
    for number in range(MOST_WEBHOOKS):
        codes.write(add_webhook, f"Sample {number}", "https://example.org/hook")
    with pytest.raises(TooManyWebhooks):
        codes.write(add_webhook, "One more", "https://example.org/hook")
    codes.write(add_webhook, "Of test parcels", "https://example.org/hook", test=True)


def test_a_shops_calls_are_logged_only_so_often_a_day(codes: DeliveryCodes, clock: TurnableClock) -> None:
    shop_id = codes.write(add_shop, ShopKind.SHOPIFY, "Sample", "a sample secret", "en")
    with codes.database.writing() as connection:
        charge(connection, Budget.SHOP_CALL, shop_id, clock().date(), MOST_LOGGED_PER_DAY - 1)
    for call_id in ("first", "second", "first"):
        codes.write(record_call, shop_id, call_id, "topic", CallResult.IGNORED, "")
    assert [call.call_id for call in codes.read(calls_of_shop, shop_id, limit=9)] == ["first"]


def test_what_staff_did_and_counted_long_ago_is_deleted(codes: DeliveryCodes, clock: TurnableClock) -> None:
    codes.write(begin_action, None, "Dora", "office.renew", "P-1")
    clock.turn(timedelta(days=codes.retention.staff_log_days + 1))
    codes.write(begin_action, None, "Dora", "office.renew", "P-2")
    codes.purge()
    assert [action.subject for action in codes.read(list_actions, limit=9)] == ["P-2"]


def test_a_wish_is_changed_and_a_recipient_written_to_only_so_often_a_day(
    make_codes: Callable[..., DeliveryCodes], announce: Announce, dispatcher: Member, clock: TurnableClock
) -> None:
    wishes = WishSettings(another_day_within=9)
    codes = make_codes(wishes=wishes, budgets=BudgetSettings(wishes=3, mails_by_staff=3), print_letters=True)
    announce("P-1")
    parcel, today = recorded(codes), clock().astimezone().date()
    for days in (1, 2, 3):
        codes.write(make_wish, parcel.holder_id, Wished(day=today + timedelta(days=days)))
    with pytest.raises(TooOften):
        codes.write(withdraw_wish, parcel.holder_id)
    codes.write(print_letter, parcel.holder_id, dispatcher)
    codes.write(redirect, parcel.parcel_id, Wished(day=today + timedelta(days=5)), dispatcher)
    clock.turn(timedelta(minutes=10))
    assert codes.write(send_again, parcel.holder_id, Asker.STAFF) is SentAgain.SENT
    clock.turn(timedelta(minutes=10))
    for use_case in (
        lambda: codes.write(let_come_as_planned, parcel.parcel_id, dispatcher),
        lambda: codes.write(print_letter, parcel.holder_id, dispatcher),
    ):
        with pytest.raises(TooOften):
            use_case()
    assert codes.write(send_again, parcel.holder_id, Asker.STAFF) is SentAgain.TOO_OFTEN
    codes.close()


def test_a_parcel_is_moved_at_a_pickup_point_and_shelves_are_counted_only_so_often_a_day(
    make_codes: Callable[..., DeliveryCodes], announce: Announce
) -> None:
    codes = make_codes(budgets=BudgetSettings(stays_per_parcel=4, shelf_counts_per_device=2))
    counter = enrolled(codes, DeviceKind.COUNTER)
    point_id = codes.write(add_point, PointTerms("Sample point"))
    for name in ("A1", "A2"):
        codes.write(put_shelf, point_id, name, size=ParcelSize.M, room=9)
    announce("P-1")
    codes.write(take_in, counter.device_id, "P-1", ParcelSize.M, "A1")
    for name in ("A2", "A1", "A2"):
        codes.write(put_on_shelf, counter.device_id, "P-1", name)
    assert codes.write(take_in, counter.device_id, "P-1").again
    with pytest.raises(TooOften):
        codes.write(put_on_shelf, counter.device_id, "P-1", "A1")
    with pytest.raises(TooOften):
        codes.write(send_back, counter.device_id, "P-1")
    found = [codes.write(count_shelf, counter.device_id, "A2", [], "Counter").missing for _ in range(5)]
    assert found == [("P-1",)] * 5
    assert len(codes.read(last_counts, point_id)) == 2
    codes.close()
