"""Proofs over HTTP: each gets their own, everybody can check one, and a report is answered by name."""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from codes import DeliveryCodes
from codes.accounts.staff import Role
from codes.life.contests import reports_of
from codes.life.parcel_records import find_parcel
from codes.proving.checkpoint import key_id_of
from codes.proving.proof_check import verify_proof
from codes.sealing.sealing_key import public_key_pem
from tests.parts.calls import PASSWORD, parcel
from tests.parts.clock import TurnableClock
from tests.parts.staff import add_member
from tests.parts.web.handovers import Enrol, hand_over
from web.api.proofs import CHECKED_AT_ONCE, checks
from web.office.figures.spreadsheets import harmless


def test_sender_recipient_and_driver_get_the_same_proof(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol
) -> None:
    ticket, driver = hand_over(codes, client, sender, enrol)
    files = [
        client.get("/api/v1/parcels/SAMPLE/1/proof", headers=sender),
        client.get(f"/t/{ticket}/proof.json"),
        driver.get("/api/v1/handovers/SAMPLE/1/proof"),
    ]
    assert len({answer.data for answer in files}) == 1
    assert verify_proof(files[0].data, codes.sealing_key.public_key()).grade == "A"
    assert "attachment" in files[0].headers["Content-Disposition"]
    assert client.get("/proofs/key.pem").data == public_key_pem(codes.sealing_key)
    assert key_id_of(codes.sealing_key.public_key()).encode() in files[0].data


def test_a_driver_lists_own_handovers_and_gets_no_proof_of_others(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol, clock: TurnableClock
) -> None:
    _, driver = hand_over(codes, client, sender, enrol)
    other, _ = enrol()
    assert [each["reference"] for each in driver.get("/api/v1/handovers").json["handovers"]] == ["SAMPLE/1"]  # type: ignore[index]
    assert other.get("/api/v1/handovers").json == {"handovers": [], "visits": []}
    assert other.get("/api/v1/handovers/SAMPLE/1/proof").status_code == 404
    clock.turn(timedelta(days=8))
    assert driver.get("/api/v1/handovers/SAMPLE/1/proof").status_code == 404


def test_anybody_can_have_a_proof_checked_and_reads_what_is_wrong(
    codes: DeliveryCodes,
    client: FlaskClient,
    sender: dict[str, str],
    enrol: Enrol,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand_over(codes, client, sender, enrol)
    proof = codes.proof_of("SAMPLE/1")
    # Strangers who have many checked at once take neither all threads nor the whole processor.
    monkeypatch.setattr(checks, "_patience_seconds", 0.01)
    with ExitStack() as others:
        for _ in range(CHECKED_AT_ONCE):
            others.enter_context(checks.passed())
        assert client.post("/api/v1/proofs/check", data=proof).status_code == 503
    assert client.post("/api/v1/proofs/check", data=proof).json["holds"] is True  # type: ignore[index]
    said = client.post("/api/v1/proofs/check", data=proof.replace(b'"grade":"A"', b'"grade":"B"')).json
    assert said == {"holds": False, "fault": "the events show grade A"}
    sheet = client.get("/api/v1/parcels/SAMPLE/1/proof.pdf", headers=sender).data
    answer = client.post("/api/v1/proofs/check", data=sheet).get_json()
    assert (answer["holds"], answer["grade"], answer["contested"]) == (True, "A", [])
    assert (answer["handover"]["offline"], answer["handover"]["conflict"]) == (False, None)


def test_the_paper_opens_its_own_proof_as_it_stands_now_and_no_other(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol
) -> None:
    ticket, _ = hand_over(codes, client, sender, enrol)
    place = client.get(f"/t/{ticket}/proof").location
    # In the holder's language, whatever the browser's is.
    assert place.startswith("/proofs/check?lang=de#")
    name = place.partition("#")[2]

    def named(name: str) -> TestResponse:
        return client.post("/api/v1/proofs/named", json={"name": name})

    before = named(name)
    assert before.data == codes.proof_of("SAMPLE/1")
    # A paper from before a report gives the proof that shows the report.
    client.post(f"/t/{ticket}/report", data={"kind": "opened", "confirmed": "yes"})
    after = verify_proof(named(name).data, codes.sealing_key.public_key())
    assert [each["kind"] for each in after.contested] == ["opened"]
    written, _, position = name.partition(".")
    other = "A" if written[30] != "A" else "B"
    guesses = [f"{written[:30]}{other}{written[31:]}.{position}", f"{written}.{int(position) - 1}", f"{written}.999999"]
    nonsense = ["", ".", f"{written}.", f"{written}.x", f"{written}.²", "é.1", f"{written}A.1", f"{written}.9999999"]
    assert {named(each).status_code for each in guesses + nonsense} == {404}
    assert named("x" * 61).status_code == 422


def test_a_report_is_told_to_the_office_and_answered_by_name(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol, administrator: FlaskClient
) -> None:
    ticket, _ = hand_over(codes, client, sender, enrol)
    page = client.get(f"/t/{ticket}?lang=en").text
    assert "I did not receive this parcel" in page
    assert client.post(f"/t/{ticket}/report", data={"kind": "nonsense"}).status_code == 400
    assert client.post(f"/t/{ticket}/report", data={"kind": "lost", "confirmed": "yes"}).status_code == 409
    assert client.post(f"/t/{ticket}/report", data={"kind": "not_received", "confirmed": "yes"}).status_code == 303
    assert 'badge-bad">Reported<' in administrator.get("/office?lang=en").text
    found = codes.read(find_parcel, "SAMPLE/1")
    assert found is not None
    (report,) = codes.read(reports_of, found.parcel_id)
    answer = f"/office/audit/reports/{report.report_id}?reference=SAMPLE/1"
    assert administrator.post(answer, data={"answer": " "}).status_code == 409
    assert administrator.post(answer, data={"answer": "We asked the driver; it is replaced."}).status_code == 303
    assert "We asked the driver" in client.get(f"/t/{ticket}?lang=en").text
    assert 'badge-bad">Reported<' not in administrator.get("/office?lang=en").text


def test_the_auditors_page_and_its_table_show_everything_in_order(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol, administrator: FlaskClient
) -> None:
    hand_over(codes, client, sender, enrol)
    page = administrator.get("/office/audit/SAMPLE/1?lang=en").text
    words = ["Announced", "Code issued", "Code presented", "Handed over"]
    places = [page.index(f"<strong>{each}</strong>") for each in words]
    assert places == sorted(places)
    table = administrator.get("/office/audit/SAMPLE/1/events.csv?lang=en").text
    rows = list(csv.reader(io.StringIO(table, newline="")))
    assert [row[2] for row in rows[1:]] == ["Announced", "Code requirement decided", *words[1:]]
    assert administrator.get("/office/audit/SAMPLE/1/proof.json").data == codes.proof_of("SAMPLE/1")
    assert administrator.get("/office/audit/NONE").status_code == 404


def test_no_cell_begins_as_a_formula() -> None:
    assert [harmless(cell) for cell in ("=1+1", "+1", "-1", "@a", "\tx", "plain")] == [
        *("'=1+1", "'+1", "'-1", "'@a", "'\tx", "plain")
    ]


def test_parcels_are_found_by_number_recipient_device_and_day(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol, administrator: FlaskClient
) -> None:
    hand_over(codes, client, sender, enrol)
    client.post("/api/v1/parcels", json=parcel("OTHER-2"), headers=sender)
    day = f"{codes.clock().astimezone():%Y-%m-%d}"
    for asked, hits in (
        ("reference=sample", {"SAMPLE/1"}),
        ("recipient=SAMPLE@example.org", {"SAMPLE/1", "OTHER-2"}),
        ("recipient=Recipient&device=test+device", {"SAMPLE/1"}),
        (f"day={day}&reference=OTHER", {"OTHER-2"}),
        ("day=2020-01-01", set()),
        ("day=0001-01-01", {"SAMPLE/1", "OTHER-2"}),
        ("day=9999-12-31", {"SAMPLE/1", "OTHER-2"}),
        ("recipient=%25", set()),
        ("day=nonsense", {"SAMPLE/1", "OTHER-2"}),
    ):
        page = administrator.get(f"/office/audit?{asked}").text
        assert {each for each in ("SAMPLE/1", "OTHER-2") if f"<bdi>{each}</bdi>" in page} == hits, asked


@pytest.mark.parametrize(
    ("role", "audits", "answers"),
    [
        (Role.ADMIN, 200, 303),
        (Role.AUDITOR, 200, 403),
        (Role.SUPERVISOR, 200, 303),
        (Role.DISPATCHER, 403, 303),
        (Role.COUNTER, 403, 403),
    ],
)
def test_who_audits_and_who_answers_reports_depends_on_the_role(
    app: Flask,
    codes: DeliveryCodes,
    client: FlaskClient,
    sender: dict[str, str],
    enrol: Enrol,
    role: Role,
    audits: int,
    answers: int,
) -> None:
    ticket, _ = hand_over(codes, client, sender, enrol)
    client.post(f"/t/{ticket}/report", data={"kind": "not_received", "confirmed": "yes"})
    found = codes.read(find_parcel, "SAMPLE/1")
    assert found is not None
    (report,) = codes.read(reports_of, found.parcel_id)
    add_member(codes, "somebody", PASSWORD, role)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "somebody", "password": PASSWORD})
    page = browser.get("/office/parcels/SAMPLE/1?lang=en").text
    assert ('/office/audit/SAMPLE/1"' in page) == (audits == 200)
    assert ("Answer in your name" in page) == (answers == 303)
    for path in ("", "/SAMPLE/1", "/SAMPLE/1/events.csv", "/SAMPLE/1/proof.json", "/SAMPLE/1/proof.pdf"):
        assert browser.get(f"/office/audit{path}").status_code == audits, path
    answer = {"answer": "We asked the driver; it is replaced."}
    assert browser.post(f"/office/audit/reports/{report.report_id}", data=answer).status_code == answers


def test_a_record_that_no_proof_can_hold_is_said_to_be_too_long(
    codes: DeliveryCodes,
    client: FlaskClient,
    sender: dict[str, str],
    enrol: Enrol,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand_over(codes, client, sender, enrol)
    monkeypatch.setattr("codes.proving.proof.LARGEST", 1000)
    answer = client.get("/api/v1/parcels/SAMPLE/1/proof", headers=sender)
    assert answer.status_code == 409
    assert "longer than a proof can be" in answer.get_json()["detail"]
