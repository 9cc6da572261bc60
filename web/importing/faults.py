"""What is wrong with a file or a row of it, said in the language of whoever reads it; it repeats nothing of a cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass

from pydantic import ValidationError

from web.i18n import N_, offered, text
from web.i18n.languages import SOURCE

HEADING = N_("Error")
"""What the column of faults is called in a file that is given back."""
EMPTY = N_("must not be empty")
TOO_LONG = N_("is too long")
UNFIT = N_("cannot be read")
REPEATED = N_("is already in row %(row)s")
STANDS_OTHERWISE = N_("was announced before with different details")
CELLS = N_("The row has more or fewer cells than there are headings.")
KEPT_FOR_TESTS = N_("must not start with TEST/, which is reserved for test keys")
SPOILT = N_(
    "a spreadsheet shortened this number, as in 3.4E+17, and its last digits are lost; take the original file, "
    "or set the column to Text before the numbers are entered"
)
FORMULA = N_("contains a formula or a spreadsheet error, such as #N/A; paste as values and save again")
SEVERAL = N_("contains several email addresses; keep one")
YES_OR_NO = N_("must be true or false")
UNFIT_IN: Mapping[str, str] = {
    "reference": N_("must have 3 to 50 letters, digits or . _ / + -"),
    "email": N_("is not an email address"),
    "phone": N_("is not a phone number; write it with its country, as in +49 170 1234567"),
    "language": N_("must be a language's code, as in de"),
    "value": N_("must be an amount, as in 129.90"),
    "currency": N_("must be a currency's code, as in EUR"),
    "destination": N_("must be address, pickup_point, locker or po_box"),
    "gift": YES_OR_NO,
    "sender_wish": YES_OR_NO,
}
"""What is said of a cell that is neither empty nor too long."""
_OF_TYPE: Mapping[str, str] = {"missing": EMPTY, "string_too_short": EMPTY, "string_too_long": TOO_LONG}


class BadFile(Exception):
    """The file cannot be imported; one line for each fault. Nothing of it was announced."""

    def __init__(self, words: str, **facts: object) -> None:
        super().__init__(text(SOURCE, words, **facts))
        self._words, self._facts = words, facts

    def said(self, language: str) -> str:
        """Return it in a language."""
        return text(language, self._words, **self._facts)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, or with a whole row where there is no column; ``row`` is another one."""

    words: str
    column: str = ""
    row: int = 0

    def said(self, language: str = SOURCE, names: Mapping[str, str] | None = None) -> str:
        """Return it in a language; ``names`` are what our columns are called there."""
        what = text(language, self.words) % {"row": self.row} if self.row else text(language, self.words)
        return f"{(names or {}).get(self.column, self.column)}: {what}" if self.column else what


def faults_in(error: ValidationError) -> tuple[Fault, ...]:
    """Return what is wrong with the cells of a row, each column once."""
    found: dict[str, Fault] = {}
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        column = str(each["loc"][-1]) if each["loc"] else ""
        words = _OF_TYPE.get(each["type"]) or UNFIT_IN.get(column, UNFIT)
        found.setdefault(column, Fault(words, column))
    return tuple(found.values())


def stored(faults: Iterable[Fault]) -> str:
    """Write faults so that whoever asks for them later reads them in a language of their own."""
    return json.dumps([astuple(each) for each in faults])


def restored(written: str) -> tuple[Fault, ...]:
    """Read what `stored` wrote."""
    return tuple(Fault(*each) for each in json.loads(written))


def headings_of_faults() -> frozenset[str]:
    """Return what the column of faults may be called in a file that comes back, in lower case."""
    return frozenset(text(each.code, HEADING).lower() for each in offered())
