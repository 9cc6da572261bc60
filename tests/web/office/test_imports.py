"""A dispatcher imports a file in the office: looks at it, starts it, stops it, goes on."""

from __future__ import annotations

import io
from threading import Event
from uuid import UUID

from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.life.imports import content_of_import, find_import
from codes.life.parcel_records import list_parcels
from tests.parts.clock import TurnableClock
from web.importing.import_worker import TOGETHER, ImportWorker
from web.importing.parcel_files import COLUMNS
from web.office.parcels.imports import COLUMN_WORDS

HEADING = "Sendungsnummer;Empfänger;E-Mail;Warenwert;Gewicht\r\n"


def uploaded(browser: FlaskClient, text: str) -> str:
    """Upload a file, and return the address of its page."""
    file = (io.BytesIO(text.encode("cp1252")), "Sendungen.csv")
    answer = browser.post("/office/import", data={"file": file}, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_a_file_is_looked_at_started_stopped_and_resumed(
    administrator: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    count = 2 * TOGETHER + 10
    rows = "".join(f"JD{number:05};Jörg {number};j{number}@example.org;129,90;3\r\n" for number in range(count))
    administrator.get("/office/import?lang=en")
    path = uploaded(administrator, HEADING + rows + "x;Zu kurz;;1;1\r\n")
    import_id = UUID(path.rsplit("/", 1)[1])
    page = administrator.get(path).text
    assert "Jörg 0" in page
    assert f"{count} parcels, {count} of them with a code. Rows with faults: 1." in page
    assert "column name is missing" in administrator.get(f"{path}?reference=Sendungsnummer").text
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
    assert (found.done, found.unchanged, found.conflicts, found.finished_at) == (count, 0, 0, clock())
    assert codes.read(content_of_import, import_id) == b""
    assert len(codes.read(list_parcels, limit=1000)) == count
    assert not worker.work_once(Event())


def test_the_same_again_changes_nothing_and_other_facts_are_told(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    administrator.get("/office/import?lang=en")
    for value, told in (("10", "New: 2"), ("10", "Announced before: 2"), ("99", "other facts: 2.")):
        rows = "".join(f"JD{number};Ada;;{value};\r\n" for number in range(2))
        path = uploaded(administrator, HEADING + rows)
        form = {"reference": "Sendungsnummer", "name": "Empfänger", "value": "Warenwert"}
        administrator.post(f"{path}/start", data=form)
        ImportWorker(codes).work_once(Event())
        assert told in administrator.get(path).text
    assert "JD0, JD1" in administrator.get(path).text
    administrator.post(f"{path}/remove")
    assert administrator.get(path).status_code == 404


def test_what_is_no_table_is_refused(administrator: FlaskClient) -> None:
    file = (io.BytesIO(b"\x00\x01"), "picture.png")
    answer = administrator.post("/office/import", data={"file": file}, content_type="multipart/form-data")
    assert (answer.status_code, "is no text" in answer.text) == (422, True)
    assert administrator.post("/office/import").status_code == 422


def test_every_column_has_a_word_in_the_office() -> None:
    assert set(COLUMN_WORDS) == set(COLUMNS)
