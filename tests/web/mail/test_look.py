"""The house's look: logo, colour, footer and templates; whatever is wrong with them is named at the start."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError

from codes.model import MessageKind
from codes.service import DeliveryCodes
from tests.parts.mails.letters import announced, html_of, plain_of, received
from web.mail.compose import compose
from web.mail.examining import PAGES, examine, sample_notice
from web.mail.look import BadLook, LookSettings
from web.mail.settings import MailSettings


def picture(folder: Path, name: str = "logo.png", size: tuple[int, int] = (400, 100)) -> Path:
    path = folder / name
    Image.new("RGB", size, "#0b3d91").save(path)
    return path


def with_look(settings: MailSettings, **look: object) -> MailSettings:
    return settings.model_copy(update={"look": LookSettings.model_validate(look)})


def template(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["logo.png", "logo.jpg"])
def test_logo_colour_and_footer_stand_in_every_mail(
    codes: DeliveryCodes, mail_settings: MailSettings, tmp_path: Path, name: str
) -> None:
    footer = {"en": "Example Ltd\n1 Sample Street", "de": "Beispiel GmbH"}
    settings = with_look(mail_settings, logo=picture(tmp_path, name), accent="#ffd400", footer=footer)
    examine(settings)
    message = received(announced(codes), settings)
    page = html_of(message)
    logo = page.all("img")[0]
    assert (logo["width"], logo["height"], logo["alt"]) == ("200", "50", "Paketdienst")
    part = next(part for part in message.walk() if part["Content-ID"] == f"<{str(logo['src'])[4:]}>")
    assert part.get_content_disposition() == "inline"
    assert Image.open(io.BytesIO(part.get_content())).size == (400, 100)
    assert "Example Ltd 1 Sample Street" in page.text
    assert plain_of(message).splitlines()[-2:] == ["Example Ltd", "1 Sample Street"]
    button = next(link for link in page.all("a") if "inline-block" in str(link["style"]))
    assert "color:#000000" in str(button["style"])
    without_code = compose(sample_notice(MessageKind.HANDED_OVER, "de"), settings, PAGES)
    assert "logo." in without_code.as_string()
    assert "Beispiel GmbH" in plain_of(received(sample_notice(MessageKind.HANDED_OVER, "de"), settings))


def test_a_template_of_the_house_takes_the_place_of_ours_for_its_kind_and_language(
    mail_settings: MailSettings, tmp_path: Path
) -> None:
    folder = template(
        tmp_path / "templates",
        "code_issued.de.html",
        '{% extends "own/code.html" %}'
        "{% block content %}<tr><td>Servus {{ name }}</td></tr>{{ super() }}{% endblock %}",
    )
    template(folder, "event.txt", "{{ house }}: {{ lines[0] }}\n{{ ticket }}")
    settings = with_look(mail_settings, templates=folder)
    examine(settings)
    for language, greeted in (("de", True), ("en", False)):
        message = received(sample_notice(MessageKind.CODE_ISSUED, language), settings)
        assert ("Servus Sample Recipient" in html_of(message).text) is greeted
        assert "483 920" in plain_of(message)
    assert "Servus" not in html_of(received(sample_notice(MessageKind.CODE_RENEWED, "de"), settings)).text
    told = plain_of(received(sample_notice(MessageKind.WRONG_TRIES, "en"), settings))
    assert told.startswith("Paketdienst: Wrong digits were entered")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("code.html", "{% extends 'own/code.html' %}\n{% block content %}", r"code\.html, line 2"),
        ("code.txt", "one\n{{ digtis }}\n{{ ticket }}", r"code\.txt, line 2: 'digtis' is undefined"),
        ("code.txt", "{{ digits }} {{ ticket }}", "lacks 'Only at the door"),
        ("delivery_day.de.html", "<p>{{ ticket }} {{ only_at_the_door }}</p>", "delivery_day in de lacks '483920'"),
        ("codes.html", "", "would never be used"),
        ("code.xx.html", "", "xx is no language"),
        ("code.html", "{% include 'missing.html' %}", r"code\.html, line 1: missing\.html"),
        ("code.html", "{{ ''.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_a_broken_template_is_named_with_its_line(
    mail_settings: MailSettings, tmp_path: Path, name: str, text: str, told: str
) -> None:
    settings = with_look(mail_settings, templates=template(tmp_path / "templates", name, text))
    with pytest.raises(BadLook, match=told):
        examine(settings)


def test_a_logo_that_does_not_fit_is_named(mail_settings: MailSettings, tmp_path: Path) -> None:
    large = picture(tmp_path, "large.png", (2001, 10))
    heavy = tmp_path / "heavy.png"
    heavy.write_bytes(picture(tmp_path).read_bytes() + bytes(100_001))
    foreign = tmp_path / "logo.svg"
    foreign.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    faults = {
        large: "2001 × 10",
        heavy: "at most 100,000",
        foreign: "no PNG or JPEG",
        tmp_path / "no.png": "cannot be read",
    }
    for path, told in faults.items():
        with pytest.raises(BadLook, match=told):
            examine(with_look(mail_settings, logo=path))
    with pytest.raises(BadLook, match="is no folder"):
        examine(with_look(mail_settings, templates=tmp_path / "missing"))
    with pytest.raises(ValidationError):
        LookSettings.model_validate({"accent": "red; background: url(x)"})
