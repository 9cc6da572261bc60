"""The glossary of `docs/glossary.md` is kept: a term of an English text is said in the glossary's word."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from web import i18n
from web.i18n import catalogues
from web.i18n.languages import SOURCE

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"
TRANSLATED = [language.code for language in i18n.offered() if language.code != SOURCE]
JOINED = {"ar", "fa", "de", "hu"}
"""Languages that join words, or put an article before them without a blank."""

FORMS = {
    "hand over": r"hand(?:s|ed|ing)? (?:it )?over|handovers?",
    "shelf": "shel(?:f|ves)",
    "contested": "contested",
    "report": "report(?:s|ed)?",
    "address": "(?<!email )address(?:es)?",
    "staff": "(?<!members of )staff",
    "service": "(?<!into )services?",
    "valid": "valid",
}
"""How a term is inflected in English, where that is not with an s."""

ALLOWED: dict[tuple[str, str], str] = {}
"""A text and a term that a translation may say otherwise, and why."""


@cache
def glossary() -> dict[str, dict[str, list[list[str]]]]:
    """Return the words of each term: language, term, forms, and each form's parts."""
    words: dict[str, dict[str, list[list[str]]]] = {}
    codes: list[str] = []
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| Term"):
            codes = re.findall(r"\((\w\w)\)", line)
        elif line.startswith("| ") and codes:
            for code, cell in zip(codes, cells[1:], strict=True):
                # The Arabic article is written in one with its word.
                forms = [[part.removeprefix("ال") for part in plain(form).split()] for form in cell.split(" / ")]
                words.setdefault(code, {})[cells[0]] = [
                    [stem for part in form if len(stem := part.split("·")[0]) > 2]
                    or [part.split("·")[0] for part in form]
                    for form in forms
                ]
    return words


def plain(text: str) -> str:
    """Return a text without accents, joiners and capital letters."""
    parted = unicodedata.normalize("NFKD", text.replace("·", "\0").replace("’", "'"))
    bare = "".join(sign for sign in parted if not unicodedata.combining(sign) and sign not in "\u200c\u200d")
    return bare.casefold().replace("\0", "·")


def terms_in(text: str) -> list[str]:
    """Return the terms that an English text has; a longer one hides the shorter ones in it."""
    found, rest = [], re.sub(r"%\(\w+\)s", " ", text).casefold()
    for term in sorted(next(iter(glossary().values())), key=len, reverse=True):
        rest, times = re.subn(rf"\b(?:{FORMS.get(term, re.escape(term.casefold()) + 's?')})\b", "~", rest)
        found += [term] if times else []
    return found


def says(code: str, translation: str, term: str) -> bool:
    """Tell whether a translation has the glossary's word."""
    start = "" if code in JOINED else r"\b"
    said = plain(translation)
    return any(all(re.search(start + re.escape(stem), said) for stem in form) for form in glossary()[code][term])


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_term_is_said_in_the_glossarys_word(code: str) -> None:
    with (i18n.LOCALES / code / "LC_MESSAGES" / "messages.po").open("rb") as source:
        texts = [entry for entry in read_po(source, locale=code) if entry.id and not catalogues.is_for_staff(entry)]
    otherwise = [
        f"{term}: {entry.id} = {entry.string}"
        for entry in texts
        for term in terms_in(str(entry.id))
        if (str(entry.id), term) not in ALLOWED and not says(code, str(entry.string), term)
    ]
    assert otherwise == []


def test_every_language_has_every_term_and_every_term_is_used() -> None:
    assert set(glossary()) == set(TRANSLATED)
    assert len({frozenset(terms) for terms in glossary().values()}) == 1
    texts = [str(entry.id) for entry in catalogues.collected() if entry.id and not catalogues.is_for_staff(entry)]
    used = {term for text in texts for term in terms_in(text)}
    assert set(next(iter(glossary().values()))) - used == set()


def test_every_text_that_may_say_it_otherwise_is_still_there() -> None:
    texts = {str(entry.id) for entry in catalogues.collected() if entry.id}
    assert {text for text, _term in ALLOWED} <= texts
