"""Who may do what at a counter: each role, and each task granted alone, against each route and page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from codes import DeliveryCodes
from codes.accounts.shifts import give_badge, start_shift
from codes.accounts.staff import TASKS, Role, Task, grant_tasks, list_staff
from codes.accounts.staff_log import list_actions
from codes.auditing.audit import audit
from codes.model import DeviceKind
from codes.pickup.points import PointTerms, add_point
from tests.parts.calls import PASSWORD, parcel
from tests.parts.device import SigningDevice
from tests.parts.staff import add_member, give_pin, member_with
from web.configuration import Settings
from web.http.access import Guard, guard_of
from web.http.shift_guard import tasks_of

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
OPEN = {"/api/v1/devices/me", "/api/v1/devices/me/signs", "/api/v1/shift", "/api/v1/frames"}
"""What a counter's device may while nobody is signed in: say who it is, ask who works there, read a picture."""
KIOSKS_ALONE = {"/api/v1/kiosk", "/api/v1/kiosk/settings", "/api/v1/kiosk/order"}
"""They refuse every device but a kiosk's."""
DRIVERS_ALONE = {"/api/v1/tour/near", "/api/v1/tour", "/api/v1/tour/parcels", "/api/v1/tour/parcels/X-1"}
"""They refuse every device but a driver's."""
PAGES_FOR_ALL = {"/counter/scanner", "/counter/second", "/driver", "/kiosk"}
"""They try a scanner and show the recipient's side; the last two lead a counter to its own page."""
OTHER_KIND = re.compile("not-a-(kiosk|driver)")
GRANTS = [
    frozenset({Task.INTAKE}),
    frozenset({Task.HAND_OVER}),
    frozenset({Task.SUPERVISE}),
    frozenset({Task.HAND_OVER, Task.SUPERVISE}),
]
WORKING = [*((role, None) for role in Role), *((Role.COUNTER, granted) for granted in GRANTS)]


def _sign_in(counter: FlaskClient, **by: str) -> int:
    return counter.post("/api/v1/shift", json={"by": by}).status_code


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, in a house whose counters ask who works there."""
    return settings.model_copy(update={"codes": settings.codes.model_copy(update={"counter_sign_in": True})})


def _of_devices(app: Flask) -> Iterator[tuple[str, str, frozenset[Task]]]:
    """Give every route for devices, with a path that can be called, its method and the tasks of which it asks one."""
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is Guard.DEVICE:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                path = re.sub(r"<[^>]+>", "X-1", rule.rule)
                yield method, path, tasks_of(app.view_functions[rule.endpoint])


def _refusal(answer: TestResponse) -> str:
    """Return why an answer is a refusal of this kind, and nothing for any other answer."""
    if answer.status_code != 403:
        return ""
    if answer.is_json or "problem" in answer.content_type:
        return str(answer.json["type"]).removeprefix("/problems/")  # type: ignore[index]
    return "page" if "Ask a colleague who may do this" in answer.text else "other page"


def test_every_route_of_devices_asks_for_a_task_or_is_known_to_be_open(app: Flask) -> None:
    asks_none = {path for _, path, tasks in _of_devices(app) if not tasks}
    assert asks_none == OPEN | KIOSKS_ALONE | DRIVERS_ALONE | PAGES_FOR_ALL


def test_while_nobody_is_signed_in_every_call_is_refused_and_every_page_asks_who_works_there(
    app: Flask, enrol: Enrol
) -> None:
    counter, _ = enrol(DeviceKind.COUNTER)
    for method, path, tasks in _of_devices(app):
        expected = "nobody-signed-in" if tasks and path.startswith("/api/") else ""
        found = OTHER_KIND.sub("", _refusal(counter.open(f"{path}?lang=en", method=method)))
        assert found == expected, (method, path)
        if tasks and not expected:
            assert "data-asks" in counter.get(path).text


@pytest.mark.parametrize(("role", "granted"), WORKING)
def test_each_role_and_each_grant_against_each_route(
    app: Flask, codes: DeliveryCodes, enrol: Enrol, role: Role, granted: frozenset[Task] | None
) -> None:
    counter, device = enrol(DeviceKind.COUNTER)
    staff_id = add_member(codes, "Counter A", PASSWORD, role)
    badge = codes.write(give_badge, staff_id)
    may = TASKS[role] if granted is None else granted
    if granted is not None:
        codes.write(grant_tasks, staff_id, granted)
    assert _sign_in(counter, badge=badge) == (200 if may else 403)
    if not may:
        # Whoever lost every task since they signed in.
        member = member_with(codes, "Counter A", PASSWORD)
        assert member is not None
        codes.write(start_shift, device.device_id, member)
    assert counter.get("/api/v1/shift").json["tasks"] == sorted(may)  # type: ignore[index]
    walked: Counter[bool] = Counter()
    for method, path, tasks in _of_devices(app):
        if path == "/api/v1/shift":
            continue
        refused = bool(tasks) and not tasks & may
        found = OTHER_KIND.sub("", _refusal(counter.open(f"{path}?lang=en", method=method)))
        assert found == ("" if not refused else "not-your-role" if path.startswith("/api/") else "page"), (method, path)
        walked[refused] += 1
    assert walked[True] + walked[False] >= 25
    assert (walked[True] == 0) == (may >= {Task.HAND_OVER, Task.INTAKE})
    assert counter.delete("/api/v1/shift").status_code == 204


def test_pages_show_links_to_what_may_be_done_alone(codes: DeliveryCodes, enrol: Enrol) -> None:
    counter, _ = enrol(DeviceKind.COUNTER)
    staff_id = add_member(codes, "Counter A", PASSWORD, Role.COUNTER)
    codes.write(grant_tasks, staff_id, frozenset({Task.INTAKE}))
    assert _sign_in(counter, badge=codes.write(give_badge, staff_id)) == 200
    for path in ("/counter", "/counter/intake"):
        page = counter.get(path).text
        shown = {path for path, rest in re.findall(r'bar-link" href="([^"]+)"([^>]*)', page) if " hidden" not in rest}
        practice = {"/counter/intake#practice"} if path == "/counter/intake" else set()
        assert shown == {"/counter/intake", "/counter/shelves", "/counter/scanner", "/counter/second"} | practice


def test_a_driver_and_a_house_that_does_not_ask_need_nobody(codes: DeliveryCodes, enrol: Enrol) -> None:
    driver, _ = enrol(DeviceKind.DRIVER)
    assert driver.get("/api/v1/tour").status_code == 200
    counter, _ = enrol(DeviceKind.COUNTER)
    codes.settings = codes.settings.model_copy(update={"counter_sign_in": False})
    assert counter.get("/counter/intake").status_code == 200
    assert counter.get("/api/v1/shift").json["tasks"] == sorted(Task)  # type: ignore[index]


def test_an_administrator_grants_tasks_and_only_an_administrator(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient
) -> None:
    staff_id = add_member(codes, "Counter A", PASSWORD, Role.SUPERVISOR)

    def grant(browser: FlaskClient, *tasks: str) -> int:
        return browser.post(f"/office/people/{staff_id}/tasks", data={"task": [*tasks]}).status_code

    def granted() -> frozenset[Task]:
        return next(each.tasks for each in codes.read(list_staff) if each.staff_id == staff_id)

    assert grant(administrator, "intake", "nonsense") == 303
    assert granted() == {Task.INTAKE}
    own = app.test_client()
    own.post("/office/sign-in", data={"name": "Counter A", "password": PASSWORD})
    assert grant(own, "supervise") == 403
    assert granted() == {Task.INTAKE}
    assert grant(administrator) == 303
    assert granted() == frozenset()
    assert grant(administrator, *Task) == 303
    member = member_with(codes, "Counter A", PASSWORD)
    assert member is not None
    # What the role may anyway is no grant.
    assert (member.granted, member.tasks) == (None, TASKS[Role.SUPERVISOR])
    logged = [(each.name, each.status) for each in codes.read(list_actions, limit=9) if each.action == "people.grant"]
    assert sorted(logged) == [("Counter A", 403), *[("admin", 303)] * 3]
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_who_may_only_take_in_signs_for_no_handover_without_a_code(
    codes: DeliveryCodes, enrol: Enrol, client: FlaskClient, sender: dict[str, str]
) -> None:
    client.post("/api/v1/parcels", json=parcel("P-1", value="400.00", destination="pickup_point"), headers=sender)
    codes.write(add_point, PointTerms("Kiosk Sample"))
    counter, _ = enrol(DeviceKind.COUNTER)
    pins = {}
    for name, role, tasks in (
        ("Ann", Role.SUPERVISOR, None),
        ("Ben", Role.SUPERVISOR, {Task.INTAKE}),
        ("Cy", Role.COUNTER, set(Task)),
    ):
        staff_id = add_member(codes, name, PASSWORD, role)
        pins[name] = give_pin(codes, staff_id)
        if tasks is not None:
            codes.write(grant_tasks, staff_id, frozenset(tasks))
    assert _sign_in(counter, name="Ann", pin=pins["Ann"]) == 200

    def sign(*names: str) -> int:
        first, second = ({"name": name, "password": pins[name]} for name in names)
        body = {"reference": "P-1", "reason": "Phone broken, passport seen", "first": first, "second": second}
        return counter.post("/api/v1/supervised-handovers", json=body).status_code

    assert sign("Ann", "Ben") == 422
    assert sign("Ann", "Cy") == 201
