"""The office at a glance: counts, plots, reports, and what can be taken away; and a parcel's actions."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.devices import put_depot
from codes.accounts.staff import Role
from codes.model import CodeState
from tests.parts.calls import PASSWORD, parcel
from tests.parts.device import enrolled
from tests.parts.domain import block_parcel, shown
from tests.parts.staff import add_member
from web.office.figures import downloads
from web.office.figures.spreadsheets import spreadsheet


def rows_of(text: str) -> list[dict[str, str]]:
    """Read a CSV file as a spreadsheet does."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_today_shows_every_count_with_its_days(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str]
) -> None:
    for number in range(3):
        client.post("/api/v1/parcels", json=parcel(f"SAMPLE-{number}"), headers=sender)
    page = administrator.get("/office/today?lang=en").text
    announced = page.split('data-count="announced"')[1].split("</li>")[0]
    assert ">3</strong>" in announced
    assert announced.count("<rect") == 14
    assert 'aria-label="Announced: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3"' in announced
    days = rows_of(administrator.get("/office/days.csv").text)
    assert days[-1]["announced"] == "3"
    assert len(days) == 91
    for asked in (
        "first=yesterday",
        "first=2026-01-02&last=2026-01-01",
        "first=0001-01-01",
        "last=0001-01-01",
        "last=9999-12-31",
    ):
        assert administrator.get(f"/office/days.csv?{asked}").status_code == 400


def test_today_begins_with_what_is_to_be_decided_and_each_leads_to_its_list(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    for number in range(3):
        client.post("/api/v1/parcels", json=parcel(f"SAMPLE-{number}"), headers=sender)
    enrolled(codes)
    assert "Nothing needs a decision." in administrator.get("/office/today?lang=en").text
    for number in range(2):
        block_parcel(codes, f"SAMPLE-{number}")
    page = administrator.get("/office/today?lang=en").text
    (decide,) = re.findall(r'<a class="decide" href="([^"]+)"><strong>(\d+)</strong>', page)
    assert decide == ("/office?show=blocked", "2")
    assert "Parcels: 2" in administrator.get(f"{decide[0]}&lang=en").text
    assert administrator.get("/").headers["Location"] == "/office/today"


def test_an_empty_house_is_told_what_to_set_up_until_it_has_a_device_and_a_parcel(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    page = administrator.get("/office/today?lang=en").text
    steps = page.split("Get started")[1].split("</section>")[0]
    assert len(re.findall(r"<li>", steps)) == 6
    assert 'href="/office/devices"' in steps
    assert 'href="/office/new"' in steps
    enrolled(codes)
    assert (
        'href="/office/devices"'
        not in administrator.get("/office/today?lang=en").text.split("Get started")[1].split("</section>")[0]
    )
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1"), headers=sender)
    assert "Get started" not in administrator.get("/office/today?lang=en").text


def test_parcels_are_found_by_number_name_sender_and_address_and_taken_away_without_names(
    app: Flask, client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1", sender="=cmd()"), headers=sender)
    for words in ("sample-1", "pie rec", "SAMPLE@example.org", "cmd"):
        found = administrator.get("/office", query_string={"search": words.replace("pie rec", "ple rec")}).text
        assert "SAMPLE-1" in found, words
    assert "SAMPLE-1" not in administrator.get("/office?search=nobody").text
    text = administrator.get("/office/parcels.csv").text
    (row,) = rows_of(text)
    assert row["reference"] == "SAMPLE-1"
    assert row["sender"].startswith("'=")
    assert "Recipient" not in text
    add_member(codes, "eyes", PASSWORD, Role.AUDITOR)
    auditor = app.test_client()
    auditor.post("/office/sign-in", data={"name": "eyes", "password": PASSWORD})
    assert auditor.get("/office/parcels.csv").status_code == 403
    assert auditor.get("/office/reports.csv").status_code == 200


def test_a_list_too_long_for_one_file_is_never_cut_off_in_silence(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_PARCELS", 1)
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1"), headers=sender)
    assert administrator.get("/office/parcels.csv").status_code == 200
    client.post("/api/v1/parcels", json=parcel("SAMPLE-2"), headers=sender)
    refused = administrator.get("/office/parcels.csv?lang=en", headers={"Accept": "text/html"})
    assert (refused.status_code, "Narrow the list down" in refused.text) == (409, True)


def test_no_cell_is_a_formula(app: Flask) -> None:
    with app.app_context():
        answer = spreadsheet("x.csv", ["a"], [["=1+1"], ["+1"], ["-1"], ["@a"], ["\tx"], ["fine"], [None]])
    assert answer.get_data(as_text=True).splitlines() == ["\ufeffa", "'=1+1", "'+1", "'-1", "'@a", "'\tx", "fine", '""']


def test_a_dispatcher_renews_and_blocks_a_code(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1"), headers=sender)
    before = shown(codes, "SAMPLE-1").digits
    page = administrator.post("/office/renew/SAMPLE-1?lang=en", follow_redirects=True).text
    assert "The old one no longer works" in page
    assert shown(codes, "SAMPLE-1").digits != before
    page = administrator.post("/office/block/SAMPLE-1?lang=en", follow_redirects=True).text
    assert "The parcel is blocked" in page
    assert administrator.post("/office/renew/SAMPLE-1").status_code == 409
    assert administrator.post("/office/send-again/SAMPLE-1").status_code == 409
    page = administrator.post("/office/unblock/SAMPLE-1?lang=en", follow_redirects=True).text
    assert "can be received again" in page
    assert shown(codes, "SAMPLE-1").state is CodeState.LIVE
    assert administrator.post("/office/renew/SAMPLE-9").status_code == 404
    actions = administrator.get("/office/actions").text
    assert "SAMPLE-1" in actions


def test_depots_are_told_only_where_no_driver_can_be_found(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    assert "No deliveries yet." in administrator.get("/office/reports?lang=en").text
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1"), headers=sender)
    driver = enrolled(codes, name="Van 1")
    codes.write(put_depot, driver.device_id, "North")
    assert codes.present(driver.presentation(shown(codes, "SAMPLE-1").payload, "SAMPLE-1", now=codes.clock())).accepted
    page = administrator.get("/office/reports?lang=en").text
    assert len(re.findall(r"<tr><td>", page)) == 1
    assert "North" not in page
    assert "fewer than 3 devices" in page
    assert rows_of(administrator.get("/office/reports.csv").text)[0]["depot"] == "*"
