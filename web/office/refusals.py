"""What a form of the office is shown again with where it cannot stand as it was sent: which fields, and why, in words.

What was typed stays, but for what is secret; the macros of `office/parts.html` put it back and mark the fault, and
`office.js` leads there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from web.http.problems import fields_of
from web.i18n import N_, current_language, text
from web.i18n.office_words import FIELD_WORDS

CORRECT = N_("Please correct: %(fields)s")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form cannot stand, and which of its fields have to be corrected; ``form`` is which of a page's forms."""

    words: str
    fields: tuple[str, ...] = ()
    form: str = ""


def refused_for(fields: Iterable[str], words: Mapping[str, str] = FIELD_WORDS, form: str = "") -> Refused:
    """Ask to correct these fields, by what their page calls them."""
    language, named = current_language().code, tuple(dict.fromkeys(fields))
    said = ", ".join(text(language, words[name]) for name in named)
    return Refused(text(language, CORRECT, fields=said), named, form)


def refused_by(error: ValidationError, words: Mapping[str, str] = FIELD_WORDS, form: str = "") -> Refused:
    """Ask to correct the fields that do not fit their model."""
    wrong = [next(part for part in each["field"].split(".") if part in words) for each in fields_of(error)]
    return refused_for(wrong, words, form)
