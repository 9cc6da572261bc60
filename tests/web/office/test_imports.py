"""A dispatcher imports a file in the office: looks at it, starts it, stops it, goes on."""

from __future__ import annotations

import io
import re
from threading import Event
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.life.imports import content_of_import, find_import
from codes.life.parcel_records import list_parcels
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from web.i18n import text
from web.importing import faults
from web.importing.csv_reading import read_table
from web.importing.headings import COLUMN_WORDS, FILE_COLUMNS
from web.importing.import_worker import TOGETHER, ImportWorker

HEADING = "Sendungsnummer;Empfänger;E-Mail;Warenwert;Gewicht\r\n"


def uploaded(browser: FlaskClient, text: str) -> str:
    """Upload a file, and return the address of its page."""
    return sent(browser, text.encode("utf-8-sig"))


def sent(browser: FlaskClient, content: bytes, name: str = "Sendungen.csv") -> str:
    """Upload these bytes, and return the address of their page."""
    file = (io.BytesIO(content), name)
    answer = browser.post("/office/import", data={"file": file}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_a_file_is_looked_at_started_stopped_and_resumed(
    administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    count = 2 * TOGETHER + 10
    rows = "".join(f"JD{number:05};Jörg {number};j{number}@example.org;129,90;3\r\n" for number in range(count))
    administrator.get("/office/import?lang=en")
    codes.announce([Announcement("JD00000", Person("Somebody else"))])
    path = uploaded(administrator, HEADING + rows + "x;Zu kurz;;1;1\r\n")
    import_id = UUID(path.rsplit("/", 1)[1])
    page = administrator.get(path).text
    assert "Jörg 0" in page
    assert f"{count} parcels, {count} of them with a code. Rows with errors: 1." in page
    assert "file for: Recipient." in administrator.get(f"{path}?column-0=reference").text
    assert administrator.post(f"{path}/start", data={"reference": "Sendungsnummer"}).status_code == 409
    form = {"reference": "Sendungsnummer", "name": "Empfänger", "email": "E-Mail", "value": "Warenwert"}
    assert administrator.post(f"{path}/start", data=form).status_code == 303
    assert 'http-equiv="refresh"' in administrator.get(path).text
    worker, stop = ImportWorker(codes), Event()
    stop.set()
    assert worker.work_once(stop)
    administrator.post(f"{path}/stop")
    assert not worker.work_once(Event())
    page = administrator.get(path).text
    assert f"{TOGETHER} / {count}" in page
    assert "refresh" not in page
    administrator.post(f"{path}/resume")
    assert worker.work_once(Event())
    found = codes.read(find_import, import_id)
    assert found is not None
    assert (found.done, found.unchanged, found.conflicts, found.finished_at) == (count, 0, 1, clock())
    left = read_table(codes.read(content_of_import, import_id))
    # What stood with other facts before the work was stopped is told too.
    assert [row.cells[1] for row in left.rows] == ["Jörg 0", "Zu kurz"]
    assert len(codes.read(list_parcels, limit=1000)) == count
    assert not worker.work_once(Event())


def test_the_same_again_changes_nothing_and_other_facts_are_told(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    administrator.get("/office/import?lang=en")
    for value, told in (("10", "New: 2"), ("10", "Announced before: 2"), ("99", "different details: 2.")):
        rows = "".join(f"JD{number};Ada;;{value};\r\n" for number in range(2))
        path = uploaded(administrator, HEADING + rows)
        form = {"reference": "Sendungsnummer", "name": "Empfänger", "value": "Warenwert"}
        administrator.post(f"{path}/start", data=form)
        ImportWorker(codes).work_once(Event())
        assert told in administrator.get(path).text
    assert "JD0, JD1" in administrator.get(path).text
    rest = read_table(administrator.get(f"{path}/faults.csv").data)
    told = "Tracking number: was announced before with different details"
    assert [(row.cells[0], row.cells[3], row.cells[-1]) for row in rest.rows] == [
        (f"JD{n}", "99", told) for n in (0, 1)
    ]
    administrator.post(f"{path}/remove")
    assert administrator.get(path).status_code == 404


def test_after_it_stand_the_parcels_of_this_file_alone_and_what_was_left_of_it(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    administrator.get("/office/import?lang=en")
    assert announced(administrator, codes, "JD0;Eva;;1;\r\n")
    path = announced(administrator, codes, "JD1;Ada;;1;\r\n=2+3;Bob;nobody;1;\r\nJD-1;Eve;;1;\r\nJD0;Eva;;1;\r\n")
    page = administrator.get(path).text
    link = re.search(r'href="([^"]+import=[^"]+)"', page)
    assert link is not None
    listed = administrator.get(link[1]).text
    assert ("JD1" in listed, "JD0" in listed, "From one import" in listed) == (True, False, True)
    rest = administrator.get(f"{path}/faults.csv")
    assert rest.headers["Content-Disposition"] == 'attachment; filename="Sendungen-faults.csv"'
    table = read_table(rest.data)
    assert table.headings == ("Sendungsnummer", "Empfänger", "E-Mail", "Warenwert", "Gewicht", "Error")
    assert [row.cells[:2] for row in table.rows] == [("=2+3", "Bob"), ("JD-1", "Eve")]
    assert "'=2+3" in rest.text, "a spreadsheet does not calculate it"
    odd = sent(administrator, b"Sendungsnummer;Name;=2+3\r\nx;Ada;1\r\n", "Pakete – \u0142.csv")
    rest_of_odd = administrator.get(f"{odd}/faults.csv")
    assert "'=2+3" in rest_of_odd.text, "nor a heading"
    assert read_table(rest_of_odd.data).headings[2] == "=2+3"
    called = rest_of_odd.headers["Content-Disposition"]
    assert (
        called
        == "attachment; filename=\"Pakete _ _-faults.csv\"; filename*=UTF-8''Pakete%20%E2%80%93%20%C5%82-faults.csv"
    )
    assert table.rows[0].cells[-1].endswith("; Email: is not an email address")
    assert table.rows[1].cells[-1] == "Tracking number: is already in row 2"
    assert read_table(administrator.get(f"{path}/faults.csv?lang=de").data).headings[-1] == text("de", faults.HEADING)
    administrator.get("/office/import?lang=en")
    again = sent(administrator, rest.data.replace(b"JD-1", b"JD2"))
    assert "1 parcels" in administrator.get(again).text
    assert "Error" not in read_table(administrator.get(f"{again}/faults.csv").data).headings[:-1]
    assert "fault" not in codes.read(find_import, UUID(again.rsplit("/", 1)[1])).mapping  # type: ignore[union-attr]


def announced(browser: FlaskClient, codes: DeliveryCodes, rows: str) -> str:
    """Import rows, and return the address of the file's page."""
    path = uploaded(browser, HEADING + rows)
    form = {"reference": "Sendungsnummer", "name": "Empfänger", "email": "E-Mail", "value": "Warenwert"}
    assert browser.post(f"{path}/start", data=form).status_code == 303
    assert ImportWorker(codes).work_once(Event())
    return path


def test_what_was_left_over_goes_with_a_person_who_is_erased(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    path = announced(administrator, codes, "JD1;Ada;;1;\r\nx;Bob;bob@example.org;1;\r\n")
    assert "bob@example.org" in administrator.get(f"{path}/faults.csv").text
    codes.erase_address("BOB@example.org")
    assert administrator.get(f"{path}/faults.csv").status_code == 404


def test_headings_that_only_the_right_encoding_shows_are_told_once_it_is_chosen(administrator: FlaskClient) -> None:
    administrator.get("/office/import?lang=en")
    path = sent(administrator, "Nr;Empfänger;Sendungsnummer\rx;Jörg;JD1\r".encode("mac_roman"))
    page = administrator.get(path).text
    assert 'name="encoding"' in page
    assert 'role="alert"' not in page
    page = administrator.get(f"{path}?encoding=mac_roman&column-0=&column-1=&column-2=reference").text
    assert "Jörg" in page.partition("First parcels")[2]


def test_nothing_is_imported_while_a_row_has_a_fault_if_that_is_asked(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    path = uploaded(administrator, HEADING + "JD1;Ada;;1;\r\nx;Bob;;1;\r\n")
    form = {"reference": "Sendungsnummer", "name": "Empfänger", "whole": "on"}
    answer = administrator.post(f"{path}/start?lang=en", data=form)
    assert (answer.status_code, "Nothing was imported, as you asked" in answer.text) == (422, True)
    assert not ImportWorker(codes).work_once(Event())


def test_the_encoding_is_asked_where_the_bytes_do_not_tell_it(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    administrator.get("/office/import?lang=en")
    path = sent(administrator, "Nr;Name\r\nJD1;Łukasz Müller\r\n".encode("cp1250"))
    page = administrator.get(path).text
    assert "Which of these reads correctly?" in page
    assert "Łukasz Müller" in page
    assert "£ukasz Müller" in page
    assert f"{path}/start" not in page
    form = {"reference": "Nr", "name": "Name"}
    assert administrator.post(f"{path}/start", data=form).status_code == 409
    chosen = administrator.get(f"{path}?encoding=cp1250&column-0=reference&column-1=name").text
    assert f"{path}/start" in chosen
    assert administrator.post(f"{path}/start", data=form | {"encoding": "cp1250"}).status_code == 303
    assert ImportWorker(codes).work_once(Event())
    (parcel,) = codes.read(list_parcels, limit=2)
    assert parcel.recipient == "Łukasz Müller"


def test_whoever_comes_back_finds_what_was_chosen(administrator: FlaskClient, app: Flask, codes: DeliveryCodes) -> None:
    path = uploaded(administrator, "Nr;Wer;Was\r\nJD1;Ada;x\r\n")
    chosen = administrator.get(f"{path}?column-0=reference&column-1=name&column-2=note").text
    assert "1 parcels" in administrator.get(f"{path}?column-0=reference&column-1=name&column-2=note&lang=en").text
    assert chosen.count(" selected") >= 3
    administrator.post("/office/sign-out")
    address = f"{path}?column-0=reference&column-1=name"
    away = administrator.get(address)
    assert away.status_code == 302
    back = administrator.post(away.headers["Location"], data={"name": "admin", "password": PASSWORD})
    assert back.headers["Location"].endswith(address)
    assert administrator.get(path).text.count(" selected>Note for the driver") == 1


def test_what_was_found_out_of_a_file_is_said_and_who_has_no_language_is_written_to_in_the_chosen_one(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    administrator.get("/office/import?lang=en")
    titled = sent(
        administrator,
        b"Liste vom 30.11.\r\n\r\nSendungsnummer;Vorname;Nachname\r\nJD1;Ada;Lovelace\r\n",
        "a\x07\u202eb",
    )
    page = administrator.get(titled).text
    assert "The header is in row 3." in page
    assert "Ada Lovelace" in page
    assert administrator.get(titled).text.count("<bdi>a b</bdi>") == 1
    assert administrator.post(f"{titled}/start", data=hidden_in(page) | {"language_of_all": "de"}).status_code == 303
    assert ImportWorker(codes).work_once(Event())
    (parcel,) = codes.read(list_parcels, limit=2)
    assert (parcel.recipient, parcel.language) == ("Ada Lovelace", "de")
    headless = sent(administrator, b"JD0002;Eva\r\nJD0003;Bob\r\n")
    assert "so its first row is read as a parcel" in administrator.get(headless).text
    assert "2 parcels" in administrator.get(f"{headless}?column-0=reference&column-1=name").text
    unknown = sent(administrator, b"Nr;Wer\r\nJD1;Ada\r\n")
    assert administrator.get(f"{unknown}/faults.csv").status_code == 409


def hidden_in(page: str) -> dict[str, str]:
    """Return what the form that starts an import sends by itself."""
    return dict(re.findall(r'<input type="hidden" name="([a-z_0-9]+)" value="([^"]*)">', page))


def test_one_of_ours_is_no_two_columns_of_the_file(administrator: FlaskClient) -> None:
    path = uploaded(administrator, "Nr;Name;Name\r\nJD1;Ada;Eva\r\n")
    page = administrator.get(f"{path}?column-0=reference&column-1=name&column-2=name&lang=en").text
    assert "Two columns of the file were chosen for: Recipient." in page
    assert "Name (#3)" in page
    assert "1 parcels" in administrator.get(f"{path}?column-0=reference&column-2=name&lang=en").text


def test_what_is_no_table_is_refused(administrator: FlaskClient) -> None:
    file = (io.BytesIO(b"\x00\x01"), "picture.png")
    answer = administrator.post("/office/import?lang=en", data={"file": file}, content_type="multipart/form-data")
    assert (answer.status_code, "This is not a CSV file." in answer.text) == (422, True)
    assert administrator.post("/office/import").status_code == 422


def test_every_column_has_a_word_in_the_office() -> None:
    assert set(COLUMN_WORDS) == set(FILE_COLUMNS)
