"""A report that a parcel is damaged brings a photo, where the house allows it."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from codes import DeliveryCodes, tables
from codes.auditing.audit import audit
from codes.life.contests import reports_of
from codes.life.report_photos import PHOTO_BYTES, photo_of_report
from codes.model import MessageKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode, notice_of_message
from scanner.pictures.keeping import KEPT_BYTES
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import recorded
from web.http.bodies import BodyKind, limits
from web.services import Services

DAMAGED = {"kind": "damaged", "words": "The corner is wet", "confirmed": "yes"}


def picture(colour: str = "red") -> bytes:
    """Return a photo."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def page(codes: DeliveryCodes, code: ShownCode, clock: TurnableClock) -> str:
    """The ticket page of a parcel that was handed over by a house that takes photos."""
    codes.settings = codes.settings.model_copy(update={"contest_photos": True})
    codes.present(enrolled(codes).presentation(code.payload, "SAMPLE-1", now=clock()))
    message = next(each for each in codes.read(listed_messages, limit=20) if each.kind is MessageKind.HANDED_OVER)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    return f"/t/{notice.ticket_key}"


def report(client: FlaskClient, page: str, sent: bytes, name: str = "a.jpg", **changes: Any) -> TestResponse:
    """Report as the form does."""
    fields = [f'name="{each}"\r\n\r\n{value}' for each, value in (DAMAGED | changes).items()]
    heads = [*fields, f'name="photo"; filename="{name}"\r\n\r\n']
    parts = "\r\n".join(f"--part\r\nContent-Disposition: form-data; {each}" for each in heads)
    body = parts.encode() + sent + b"\r\n--part--\r\n"
    return client.post(f"{page}/report", data=body, content_type="multipart/form-data; boundary=part")


def photos(codes: DeliveryCodes) -> list[bytes]:
    """Return what stands in the table."""
    with codes.database.reading() as connection:
        return list(connection.execute(sa.select(tables.report_photos.c.sealed)).scalars())


def test_the_house_sees_the_photo_and_the_chain_its_digest(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, page: str
) -> None:
    assert 'type="file" name="photo"' in client.get(page).text
    assert report(client, page, picture()).status_code == 303
    said = client.get(f"{page}?lang=en").text
    assert "With a photo" in said
    assert 'type="file"' not in said, "one photo is enough"
    office = administrator.get("/office/parcels/SAMPLE-1").text
    (address,) = set(re.findall(r'src="(/office/audit/reports/[^"]+/photo.jpg)"', office))
    shown = administrator.get(address)
    assert shown.mimetype == "image/jpeg"
    assert Image.open(io.BytesIO(shown.data)).size == (400, 300)
    assert client.get(address).status_code == 302, "strangers are led to where one signs in"
    proof = json.loads(client.get(f"{page}/proof.json").data)
    (event,) = [each for each in proof["events"] if each["kind"] == "reported"]
    assert event["facts"]["photo"] == hashlib.sha256(shown.data).hexdigest()
    (sealed,) = photos(codes)
    assert shown.data[200:260] not in sealed
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_photo_goes_with_the_report_and_with_the_person(
    client: FlaskClient, codes: DeliveryCodes, page: str, clock: TurnableClock
) -> None:
    report(client, page, picture())
    found = re.search(rf'action="({page}/report/[0-9a-f-]+/withdraw)"', client.get(page).text)
    assert found is not None
    assert client.post(found[1]).status_code == 303
    assert photos(codes) == []
    assert report(client, page, picture("blue")).status_code == 303
    (sealed,) = photos(codes)
    codes.erase_parcel("SAMPLE-1")
    assert photos(codes) == []
    path = Path(str(codes.database.url.database))
    assert all(sealed not in file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_picture_that_was_put_in_its_place_is_not_shown(client: FlaskClient, codes: DeliveryCodes, page: str) -> None:
    report(client, page, picture())
    (stands,) = codes.read(reports_of, recorded(codes, "SAMPLE-1").parcel_id)
    assert codes.read(photo_of_report, stands.report_id) is not None
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.reports).values(photo="0" * 64))
    assert codes.read(photo_of_report, stands.report_id) is None
    assert "photo" in str(audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings)
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.report_photos).values(sealed=bytes(100)))
    assert codes.read(photo_of_report, stands.report_id) is None


@pytest.mark.parametrize(
    ("sent", "changes", "status", "told"),
    [
        (b"no picture", {}, 415, "Go back and choose a JPEG or PNG"),
        (picture(), {"kind": "opened"}, 422, "Photos are only for damaged parcels"),
        (b"\xff\xd8\xff" + bytes(12_000_001), {}, 413, "The photo is too large"),
        (b"", {}, 415, "Go back and choose a JPEG or PNG"),
    ],
)
def test_what_cannot_be_taken_has_its_own_answer(
    client: FlaskClient, codes: DeliveryCodes, page: str, sent: bytes, changes: dict[str, str], status: int, told: str
) -> None:
    client.get(f"{page}?lang=en")
    answer = report(client, page, sent, **changes)
    assert answer.status_code == status
    assert told in answer.text
    assert (photos(codes), codes.read(reports_of, recorded(codes, "SAMPLE-1").parcel_id)) == ([], [])


def test_a_second_photo_and_photos_without_end_are_refused(
    client: FlaskClient, codes: DeliveryCodes, page: str
) -> None:
    answers = [report(client, page, b"no picture").status_code for _ in range(7)]
    assert answers == [415] * 6 + [429]
    assert report(client, page, b"", name="").status_code == 303


def test_a_house_that_takes_none_offers_none_and_reads_no_large_body(
    client: FlaskClient, codes: DeliveryCodes, page: str
) -> None:
    services: Services = client.application.extensions["doorcode"]
    assert limits(services)[BodyKind.REPORT] == (1 << 16) + services.scanner.max_upload_bytes
    codes.settings = codes.settings.model_copy(update={"contest_photos": False})
    assert limits(services)[BodyKind.REPORT] == 1 << 16
    assert 'name="photo"' not in client.get(page).text
    assert report(client, page, picture()).status_code == 422
    assert KEPT_BYTES == PHOTO_BYTES, "both sides of the wall know one bound"
