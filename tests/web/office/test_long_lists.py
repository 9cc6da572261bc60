"""The lists of a house with thousands of parcels: every order, page, filter and search that an address can ask for."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.delivering.assignments import device_tours
from tests.parts.clock import TurnableClock
from tests.parts.fill import BEGINNING, MONTH
from tests.parts.full_lists import fill_lists
from tests.parts.list_walk import ORDERS, asked
from web.office.lists import ROWS_A_PAGE

PARCELS = 2030


@pytest.fixture
def clock() -> TurnableClock:
    """The end of the month in which the parcels were announced."""
    return TurnableClock(BEGINNING + MONTH)


def rows(page: str) -> list[str]:
    """Return the rows of a list's table."""
    return re.findall(r"<tr[ >].*?</tr>", page.partition("<tbody>")[2].partition("</tbody>")[0], re.S)


def test_every_list_answers_in_every_order_narrowed_in_every_way_and_beyond_its_end(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    fill_lists(codes, PARCELS)
    administrator.get("/office/today?lang=en")
    device = str(max(codes.read(device_tours), key=lambda each: each.carried).device_id)
    day = (BEGINNING + MONTH / 2).astimezone(UTC).date()
    found: dict[str, str] = {}
    for address in asked(str(day), device, to_the_end=False):
        answer = administrator.get(address)
        assert answer.status_code == 200, address
        found[address] = answer.text
    assert f"Parcels: {PARCELS:,}" in found["/office?sort=announced"]
    for path, orders in ORDERS.items():
        for order in orders:
            first, last = found[f"{path}?sort={order}"], found[f"{path}?sort=-{order}&page=99999"]
            assert len(rows(first)) == ROWS_A_PAGE, (path, order)
            assert 0 < len(rows(last)) <= ROWS_A_PAGE, (path, order)
            # Of the list turned round the last page has the first rows of this one, the other way round.
            assert links(rows(last)) == links(rows(first))[: len(rows(last))][::-1], (path, order)
    for junk in ("endpoint=1", "_anchor=x", "_method=POST", "_scheme=javascript&_external=1"):
        page = administrator.get(f"/office?{junk}").text
        assert set(re.findall(r'href="([^"?#]*)[?#][^"]*page=2', page)) == {"/office"}, junk
    empty = {address for address, page in found.items() if not rows(page) and address.partition("?")[0] in ORDERS}
    assert empty == {"/office?search=nobody+at+all"}


def links(found: list[str]) -> list[str]:
    """Return what each row leads to, or its whole text where it leads nowhere."""
    return [(re.findall(r'href="([^"]+)"', row) or [row])[0] for row in found]
