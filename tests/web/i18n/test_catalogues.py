"""Every text in every offered language: there, with the same values to put in, and marked if a machine wrote it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from flask import Flask, render_template_string

from codes.model import DeviceKind, EventKind, MessageKind, Outcome
from codes.settings import HouseSettings
from web import i18n
from web.i18n import catalogues
from web.i18n.event_words import EVENT_WORDS
from web.i18n.languages import BY_CODE, KNOWN, SOURCE
from web.i18n.office_words import DEVICE_WORDS, MESSAGE_WORDS
from web.i18n.outcome_words import FOR_RECIPIENTS, WORDING, Unanswered

TRANSLATED = [language.code for language in i18n.offered() if language.code != SOURCE]
REVIEWED = {"de"}
GREETINGS = {"Hello,", "Hello %(name)s,"}
"""A letter's first line ends as the language has it: with a comma, a colon or an exclamation mark."""

ABBREVIATIONS = re.compile(
    r"^(?:No|Nr)\.$|(?:\b(?:Nr|np|npr|нпр|dvs|дн|de ex|p\.sh|ad es|por ex|p\. ex|π\.χ)|%\(place\)s)\.(?=\s+[^A-ZА-Я])"
)
"""A full stop after these ends no sentence, unless one begins behind it; the last is an ordinal number."""

SHARED: dict[tuple[str, str], str] = {
    ("Hand over", "Handed over"): "A German verb is the same as its participle; the state has its own picture.",
    ("Hand over without a code", "Handed over without a code"): "As above: a button, and what is recorded after it.",
}
"""Different English texts that may share one translation, and why."""


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
        if catalogues.is_for_staff(entry) and not BY_CODE[code].for_staff:
            assert not entry.string, (entry.id, "half an office in a language is not offered")
            continue
        assert isinstance(entry.id, str)
        assert isinstance(entry.string, str), entry.id
        assert entry.string, entry.id
        assert not entry.fuzzy, entry.id
        assert values(entry.string) == values(entry.id), entry.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_as_many_sentences_and_ends_like_its_source(code: str) -> None:
    """Two sentences that changed places, or one that was left out, are seen by their ends."""
    for entry in entries(code):
        if entry.string and entry.id not in GREETINGS:
            source, said = sentences(str(entry.id), SOURCE), sentences(str(entry.string), code)
            assert len(said) == len(source), (entry.id, entry.string)
            assert ending(said) == ending(source), (entry.id, entry.string)


@pytest.mark.parametrize("code", TRANSLATED)
def test_two_different_texts_are_not_said_in_the_same_words(code: str) -> None:
    by_words: dict[str, set[str]] = {}
    for entry in entries(code):
        if entry.string:
            by_words.setdefault(str(entry.string).casefold(), set()).add(str(entry.id))
    shared = [tuple(sorted(texts)) for texts in by_words.values() if len({text.casefold() for text in texts}) > 1]
    assert [texts for texts in shared if texts not in SHARED] == []


def test_every_pair_that_may_share_its_words_does_so_somewhere() -> None:
    said = {code: {entry.id: str(entry.string).casefold() for entry in entries(code)} for code in TRANSLATED}
    for one, other in SHARED:
        assert any(words[one] == words[other] for words in said.values()), (one, other)


@pytest.mark.parametrize("code", TRANSLATED)
def test_plurals_follow_the_rule_of_the_language(code: str) -> None:
    rule, read = get_plural(code), catalogue(code)
    assert (read.num_plurals, read.plural_expr) == (rule.num_plurals, rule.plural_expr)
    for entry in read:
        if isinstance(entry.id, tuple) and entry.string:
            assert isinstance(entry.string, tuple), entry.id
            assert len([form for form in entry.string if form]) == rule.num_plurals, entry.id


def values(words: str) -> list[str]:
    """Return the values that a text puts in."""
    return sorted(re.findall(r"%\(\w+\)s", words))


def sentences(words: str, code: str) -> list[str]:
    """Return a text's sentences, with the signs of other scripts as their Latin ones."""
    plain = words.translate(str.maketrans("؟۔،", "?.,"))
    if code == "el":
        plain = plain.replace(";", "?")
    return re.split(r"(?<=[.?!])\s+", ABBREVIATIONS.sub("", plain).strip())


def ending(said: list[str]) -> str:
    """Return the sign that ends a text, if one does."""
    last = said[-1].rstrip("»”\"')")
    return last[-1] if last and last[-1] in ".?!:…," else ""


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


@pytest.mark.parametrize(
    ("path", "asked", "spoken"),
    [("/office/today", "pl", "de"), ("/office/today", "en", "en"), ("/t/x", "pl", "pl")],
)
def test_the_office_is_offered_only_in_languages_that_have_all_of_its_texts(path: str, asked: str, spoken: str) -> None:
    app = Flask(__name__)
    i18n.install(app, HouseSettings())
    with app.test_request_context(f"{path}?lang={asked}"):
        assert i18n.current_language().code == spoken
        assert ("pl" in {language.code for language in i18n.offered_here()}) == (path == "/t/x")


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


@pytest.mark.parametrize(
    ("code", "number", "day"),
    [
        ("de", "12.345,5", "24.11.2026"),
        ("en", "12.345,5", "24 Nov 2026"),
        ("fr", "12\u202f345,5", "24 nov. 2026"),
        ("pl", "12\u00a0345,5", "24 lis 2026"),
        ("ru", "12\u00a0345,5", "24 нояб. 2026\u202fг."),
        ("tr", "12.345,5", "24 Kas 2026"),
        ("hu", "12\u00a0345,5", "2026. nov. 24."),
    ],
)
def test_numbers_and_days_are_written_as_the_language_writes_them(code: str, number: str, day: str) -> None:
    app = Flask(__name__)
    i18n.install(app, HouseSettings(country="DE"))
    with app.test_request_context(f"/?lang={code}"):
        written = render_template_string(
            "{{ 12345.5 | number }}|{{ day | day }}", day=datetime(2026, 11, 24, tzinfo=UTC)
        )
    assert written == f"{number}|{day}"
