"""Nothing is offered that answers 403: every role, over every link and button of every page that it sees."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from codes import DeliveryCodes
from codes.accounts.staff import Role
from tests.parts.browser.office_pages import furnish_day, furnish_office
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.staff import add_member
from web.http.access import Guard, guard_of, roles_of

LINKS = re.compile(r'<(?:a|img|iframe)\b[^>]*?(?:href|src)="([^"]+)"')
FORMS = re.compile(r"<form\b[^>]*>")
BUTTONS = re.compile(r'formaction="([^"]+)"')
ACTION = re.compile(r'action="([^"]*)"')
OF_ONE_KIND = re.compile(r"/[0-9a-f-]{36}|SAMPLE-[A-Z0-9-]+")
MOST_OF_A_KIND = 3


@pytest.mark.parametrize("role", list(Role))
def test_nothing_is_offered_that_answers_403(
    app: Flask, codes: DeliveryCodes, clock: TurnableClock, role: Role
) -> None:
    furnish_day(codes, clock)
    furnish_office(codes, clock)
    add_member(codes, "Somebody", PASSWORD, role)
    browser, places = app.test_client(), app.url_map.bind("localhost")
    assert browser.post("/office/sign-in", data={"name": "Somebody", "password": PASSWORD}).status_code == 303
    refused: set[str] = set()
    seen, kinds, ahead = {"/office/today"}, dict[str, int](), ["/office/today"]
    walked = 0
    while ahead:
        path = ahead.pop()
        answer = browser.get(path)
        walked += 1
        if answer.status_code == 403:
            refused.add(f"GET {path}")
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        for form in FORMS.findall(answer.text):
            action = ACTION.search(form)
            if 'method="post"' not in form or (action is None and "choosing" in form):
                continue  # what is done with chosen rows is said by each button
            _may(app, places, role, unescape(action[1]) if action else path, refused, path)
        for action_of_button in BUTTONS.findall(answer.text):
            _may(app, places, role, unescape(action_of_button), refused, path)
        for link in map(unescape, LINKS.findall(answer.text)):
            parts = urlsplit(link)
            if parts.scheme or not parts.path.startswith("/office"):
                continue
            kind = OF_ONE_KIND.sub("/*", parts.path)
            if parts.path not in seen and kinds.get(kind, 0) < MOST_OF_A_KIND:
                seen.add(parts.path)
                kinds[kind] = kinds.get(kind, 0) + 1
                ahead.append(parts.path)
    assert walked > 5
    assert refused == set()


def test_who_is_refused_reads_who_may_and_is_led_back(app: Flask, codes: DeliveryCodes) -> None:
    add_member(codes, "Somebody", PASSWORD, Role.COUNTER)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "Somebody", "password": PASSWORD})
    answer = browser.get("/office/people?lang=en")
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.text
    assert "This may: Administrator" in answer.text
    assert 'href="/office/today"' in answer.text
    assert browser.get("/office/today").status_code == 200
    assert "Dispatcher, Supervisor, Administrator" in browser.post("/office/block/P-1", data={"lang": "en"}).text


def _may(app: Flask, places: object, role: Role, address: str, refused: set[str], page: str) -> None:
    path = urlsplit(address).path
    try:
        endpoint, _ = places.match(path, method="POST")  # type: ignore[attr-defined]
    except HTTPException:
        refused.add(f"POST {path}, which nothing answers, on {page}")
        return
    if guard_of(app, endpoint) is Guard.STAFF and role not in roles_of(app, endpoint, "POST"):
        refused.add(f"POST {path} on {page}")
