"""One clock and one country for the whole house: on pages, in mails, on paper, in tables, for phone numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.life.parcel_records import find_parcel
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import ShownCode, notice_of_message
from codes.settings import HouseSettings
from tests.parts.application import CONFIG
from tests.parts.calls import parcel
from tests.parts.domain import recorded
from web.commands.service.starting import proposed_house
from web.configuration import BadConfiguration, Settings, load_settings
from web.i18n import local_time, may_live_elsewhere
from web.mail.compose import compose

MOMENT = datetime(2026, 7, 4, 22, 5, tzinfo=UTC)
AUCKLAND = HouseSettings(time_zone="Pacific/Auckland", country="NZ", locale="en_NZ")


@pytest.fixture(scope="module")
def settings() -> Settings:
    """A house on the other side of the world from this machine."""
    return load_settings(CONFIG).model_copy(update={"house": AUCKLAND})


@pytest.fixture(params=["UTC", "America/New_York"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own zone, which must not matter."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("language", "house", "written"),
    [
        ("en", {"time_zone": "Europe/London", "locale": "en_GB"}, "4 Jul 2026, 23:05"),
        ("en", {"time_zone": "Europe/London", "locale": "en-GB"}, "4 Jul 2026, 23:05"),
        ("en", {"time_zone": "America/New_York", "country": "US"}, "Jul 4, 2026, 6:05 PM"),
        ("en", {"time_zone": "Europe/Berlin", "country": "DE", "locale": "de_DE"}, "5 Jul 2026, 00:05"),
        ("de", {"time_zone": "Europe/Berlin", "country": "DE", "locale": "en_GB"}, "05.07.2026, 00:05"),
        ("de", {"time_zone": "Europe/Vienna", "country": "AT"}, "05.07.2026, 00:05"),
        ("hu", {"time_zone": "Europe/Vienna", "country": "AT"}, "2026. júl. 5., 0:05"),
    ],
)
def test_a_moment_is_written_by_the_houses_clock_and_customs(
    language: str, house: dict[str, str], written: str
) -> None:
    assert local_time(language, MOMENT, HouseSettings(**house)).replace("\u202f", " ") == written


@pytest.mark.parametrize(
    ("language", "phone", "house", "named"),
    [
        ("de", None, {"time_zone": "Europe/Berlin", "country": "DE"}, False),
        ("tr", None, {"time_zone": "Europe/Berlin", "country": "DE"}, True),
        ("tr", "+491701234567", {"time_zone": "Europe/Berlin", "country": "DE"}, False),
        ("de", "+436641234567", {"time_zone": "Europe/Berlin", "country": "DE"}, True),
        ("de", None, {"time_zone": "Europe/Berlin"}, False),
        ("fr", None, {"time_zone": "Europe/Zurich"}, False),
        ("en", None, {"time_zone": "Pacific/Auckland", "country": "NZ"}, False),
        ("tr", "+905301234567", {"time_zone": "Etc/UTC"}, False),
    ],
)
def test_the_zone_is_named_to_whoever_may_live_by_another_clock(
    language: str, phone: str | None, house: dict[str, str], named: bool
) -> None:
    assert may_live_elsewhere(language, phone, HouseSettings(**house)) is named
    if named:
        assert local_time(language, MOMENT, HouseSettings(**house), with_zone=True).endswith(" GMT+02:00")


@pytest.mark.usefixtures("machine")
def test_pages_mails_paper_and_tables_have_one_clock(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, code: ShownCode
) -> None:
    written = local_time("en", recorded(codes, "SAMPLE-1").announced_at, AUCKLAND).replace("\u202f", " ")
    assert "11:00" in written, "the clock of the tests stands at ten in the evening before, by UTC"
    page = administrator.get("/office/parcels/SAMPLE-1?lang=en").text.replace("\u202f", " ")
    assert written in page
    assert 'data-zone="Pacific/Auckland" data-country="NZ" data-locale="en-NZ"' in " ".join(page.split())
    table = administrator.get("/office/parcels.csv").text
    assert "+13:00" in table
    assert "+00:00" not in table
    (message,) = codes.read(listed_messages, limit=1)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    mail = compose(notice, load_settings(CONFIG).mail, "http://localhost")
    plain = mail.get_body(("plain",))
    assert plain is not None
    expires = local_time(notice.ticket.language, code.expires_at, AUCKLAND)
    assert expires in plain.get_content()
    (sheet,) = pypdfium2.PdfDocument(client.get("/api/v1/parcels/SAMPLE-1/proof.pdf", headers=sender).data)
    assert "+1300" in sheet.get_textpage().get_text_bounded()


def test_phones_without_a_country_are_those_of_the_house(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    body = parcel("SAMPLE-1")
    body["recipient"] = body["recipient"] | {"phone": "021 123 4567"}
    assert client.post("/api/v1/parcels", json=body, headers=sender).status_code == 201
    assert (
        client.post("/api/v1/parcels/batch", json=[body | {"reference": "SAMPLE-2"}], headers=sender).status_code < 300
    )
    form = {"reference": "SAMPLE-3", "name": "Ada", "phone": "021 123 4567", "currency": "EUR"}
    assert administrator.post("/office/new", data=form).status_code == 303
    phones = {found and found.phone for number in range(1, 4) if (found := codes.read(find_parcel, f"SAMPLE-{number}"))}
    assert phones == {"+64211234567"}
    body["recipient"]["phone"] = "12"
    refused = client.post("/api/v1/parcels", json=body | {"reference": "SAMPLE-4"}, headers=sender)
    assert refused.status_code == 422
    assert "too short" in refused.text


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ("time_zone: Europe/Berln", "did you mean Europe/Berlin?"),
        ("time_zone: CET-1CEST", "no time zone is called CET-1CEST"),
        ("country: UK", "did you mean GB?"),
        ("country: Germany", "two capital letters"),
        ("locale: english", "such as en_GB"),
        ("locale: en_XX", "no customs are known for en_XX"),
    ],
)
def test_a_place_that_is_none_stops_the_start_and_is_named(
    wrong: str, advice: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = wrong.partition(":")[0]
    path = tmp_path_factory.mktemp("house") / "config.yaml"
    path.write_text(CONFIG.read_text(encoding="utf-8").replace(f"  {name}: null", f"  {wrong}"), encoding="utf-8")
    with pytest.raises(BadConfiguration, match=f"house.{name}") as raised:
        load_settings(path)
    assert advice in str(raised.value)


def test_norway_is_a_country(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.read_text(encoding="utf-8").replace("  country: null", "  country: NO"), encoding="utf-8")
    assert load_settings(path).house.country == "NO"


def test_the_first_start_proposes_what_the_machine_is_set_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Vienna")
    proposed = proposed_house(HouseSettings(), {"LANG": "de_AT.UTF-8"})
    assert proposed == ["time_zone: Europe/Vienna", "country: AT", "locale: de_AT"]
    assert proposed_house(HouseSettings(country="DE"), {"LANG": "C.UTF-8"}) == ["time_zone: Europe/Vienna"]
    assert proposed_house(AUCKLAND, {"LANG": "de_AT.UTF-8"}) == []
