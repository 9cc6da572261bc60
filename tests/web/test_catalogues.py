"""Every text in every offered language: there, with the same values to put in, and marked if a machine wrote it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from codes.model import DeviceKind, EventKind, MessageKind, Outcome
from codes.settings import HouseSettings
from web import i18n
from web.i18n import catalogues
from web.i18n.languages import KNOWN, SOURCE
from web.i18n.office_words import DEVICE_WORDS, EVENT_WORDS, MESSAGE_WORDS
from web.i18n.outcome_words import FOR_RECIPIENTS, WORDING, Unanswered

TRANSLATED = [language.code for language in i18n.offered() if language.code != SOURCE]
REVIEWED = {"de"}


def catalogue(code: str) -> Catalog:
    """Read a language's source file."""
    path = i18n.LOCALES / code / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        return read_po(source, locale=code)


def entries(code: str) -> list[Message]:
    """Return a language's texts without the header."""
    return [entry for entry in catalogue(code) if entry.id]


def test_the_first_languages_are_offered_in_the_order_of_evidence() -> None:
    assert [language.code for language in i18n.offered()][:4] == ["de", "en", "tr", "ar"]
    assert [language.code for language in KNOWN if language.right_to_left] == ["ar", "fa"]


def test_the_template_knows_every_text_of_the_code() -> None:
    with catalogues.TEMPLATE.open("rb") as source:
        written = {entry.id for entry in read_po(source) if entry.id}
    assert written == {entry.id for entry in catalogues.collected() if entry.id}


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_language_is_complete_and_puts_in_the_same_values(code: str) -> None:
    for entry in entries(code):
        if code not in REVIEWED and catalogues.is_for_staff(entry) and not entry.string:
            continue
        assert isinstance(entry.id, str)
        assert isinstance(entry.string, str), entry.id
        assert entry.string, entry.id
        assert set(re.findall(r"%\(\w+\)s", entry.string)) == set(re.findall(r"%\(\w+\)s", entry.id)), entry.id


@pytest.mark.parametrize("code", [code for code in TRANSLATED if code not in REVIEWED])
def test_what_a_machine_translated_is_marked_for_reviewers(code: str) -> None:
    translated = [entry for entry in entries(code) if entry.string]
    unmarked = [entry.id for entry in translated if not any("machine" in note for note in entry.user_comments)]
    assert unmarked == []


def test_no_language_speaks_in_the_words_of_another() -> None:
    said = {code: {entry.id: entry.string for entry in entries(code) if len(str(entry.id)) > 12} for code in TRANSLATED}
    for one, other in combinations(said, 2):
        both = [text for text, words in said[one].items() if words and said[other].get(text)]
        same = [text for text in both if said[one][text] == said[other][text]]
        assert len(same) < len(both) / 10, (one, other, same[:5])


def test_every_outcome_event_message_and_device_has_words() -> None:
    assert set(WORDING) == {*Outcome, *Unanswered}
    assert set(EVENT_WORDS) == set(EventKind)
    assert set(MESSAGE_WORDS) == set(MessageKind)
    assert set(DEVICE_WORDS) == set(DeviceKind)


def test_no_two_outcomes_look_and_read_the_same() -> None:
    assert len({shown.word for shown in WORDING.values()}) == len(WORDING)


def test_every_outcome_has_a_picture_that_exists() -> None:
    sprite = (catalogues.WEB / "static" / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    assert {shown.picture for shown in WORDING.values()} <= drawn
    assert {f"mark-{shown.tone}" for shown in WORDING.values()} <= drawn


def test_compiling_gives_the_pages_each_verdict_in_each_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "PAGES", tmp_path)
    catalogues.compile_all()
    verdicts = json.loads((tmp_path / "verdicts.json").read_text(encoding="utf-8"))
    assert set(verdicts["words"]) == {SOURCE, *TRANSLATED}
    assert verdicts["words"]["tr"]["accepted"]["word"] == "Doğru"
    assert verdicts["looks"]["accepted"] == {"tone": "green", "picture": "hand-over", "calls_depot": False}
    assert json.loads((tmp_path / "de.json").read_text(encoding="utf-8"))["Start the camera"] == "Kamera starten"


def test_what_is_said_in_the_language_of_whoever_stands_there_is_given_in_each() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in (catalogues.WEB / "static" / "js").rglob("*.js"))
    said = set(re.findall(r'(?:\btIn\([\w.]+, |(?<!\.)\bsay\()"([^"]+)"', scripts))
    assert "Tries left: %(count)s" in said
    assert said <= set(FOR_RECIPIENTS)


def test_moments_are_written_in_the_readers_way_with_western_digits() -> None:
    moment = datetime(2026, 11, 24, 10, 5, tzinfo=UTC)
    for language in i18n.offered():
        written = i18n.local_time(language.code, moment, HouseSettings())
        assert "2026" in written
        assert all(sign in "0123456789" for sign in written if sign.isdecimal())
