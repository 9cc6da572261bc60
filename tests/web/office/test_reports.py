"""Reports by week: charts with axes and a table, of everything, a depot or a sender."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.delivering.visits import Visit, end_without_handover
from codes.model import AttemptReason
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import shown
from web.office.figures.charts import bar_chart


def test_a_sender_has_figures_of_its_own_and_no_driver_has(
    administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    driver, senders = enrolled(codes, name="Van 7"), ("Sample Shoes", "Sample Shoes", "Sample <Books>")
    codes.announce(
        [
            Announcement(f"P-{n}", Person("Ada", f"a{n}@example.org"), sender, sender_wish=True)
            for n, sender in enumerate(senders)
        ]
    )
    for reference in ("P-0", "P-2"):
        assert codes.present(driver.presentation(shown(codes, reference).payload, reference, now=clock())).accepted
    codes.write(end_without_handover, Visit(uuid4(), driver.device_id, "P-1", AttemptReason.NOBODY_HOME, clock()))
    told = {
        part: re.findall(r"<td>(\d+)</td>", administrator.get("/office/reports", query_string={"part": part}).text)[0]
        for part in ("", "sender:Sample Shoes", "sender:Sample <Books>", "sender:nobody", "depot:nowhere")
    }
    assert told == {
        "": "2",
        "sender:Sample Shoes": "1",
        "sender:Sample <Books>": "1",
        "sender:nobody": "2",
        "depot:nowhere": "2",
    }
    page = administrator.get("/office/reports?lang=en").text
    assert page.count('<svg viewBox="0 0 640 260" role="img"') == 4
    assert "Sample &lt;Books&gt;" in page
    assert "Van 7" not in page
    assert administrator.get("/office/reports.csv").text.count("\n") == 54, "the file tells of depots alone"


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (7, ["0", "2", "4", "6", "8"]),
        (100, ["0", "20", "40", "60", "80", "100"]),
        (101, ["0", "50", "100", "150"]),
        (98765, ["0", "20000", "40000", "60000", "80000", "100000"]),
    ],
)
def test_an_axis_has_few_round_ticks_and_reaches_beyond_the_highest_bar(highest: int, ticks: list[str]) -> None:
    chart = bar_chart("Deliveries", ["a", "b"], [(highest,), (None,)])
    assert [told for _, told in chart.ticks] == ticks
    assert all(each.y >= 28 for each in chart.segments)
    assert [told for _, _, told in chart.values] == [f"{highest:g}", "–"]


def test_the_parts_of_a_bar_stand_upon_each_other() -> None:
    lower, upper = bar_chart("Deliveries", ["a"], [(3, 1)]).segments
    assert round(upper.y + upper.height, 1) == lower.y
    assert (lower.place, upper.place) == (0, 1)
