"""One folding for names and one for addresses, by which both are stored, sought and compared.

The application folds, never the database: `lower()` of SQLite knows ASCII alone, that of PostgreSQL depends on its
locale. `tests/cases/folding.json` holds what must be equal and what must not.
"""

from __future__ import annotations

import re
import unicodedata

import idna

FOLDED_LENGTH = 400
"""A folded text ends here: one sign can become eighteen, and an index of PostgreSQL takes 2,700 bytes."""

# Marks that a hurried typist leaves out: accents, Hebrew points, Arabic vowels. Those of kana and of Indian scripts
# are letters: without them a name is another name.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
# Latin letters with a stroke, and pairs, that Unicode does not take apart.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"})
# The dotless i is what a Turkish keyboard makes of I, and I folds to i.
_DOTLESS = str.maketrans({"ı": "i"})
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02c8\u00b4`", "'"))
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
# Signs without a picture that no category tells: fillers of Hangul, variation selectors, the joiner of graphemes.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def fold(text: str) -> str:
    """Write a name as it is compared: without case, accents, width, signs that nobody sees, and double blanks."""
    letters = _ACCENTS.sub("", unicodedata.normalize("NFKD", _caseless(text))).translate(_DOTLESS).translate(_LETTERS)
    return " ".join(unicodedata.normalize("NFC", letters).split())[:FOLDED_LENGTH].rstrip()


def fold_address(address: str) -> str:
    """Write a mail address as it is compared: without case and width, its domain as DNS knows it (IDNA 2008).

    Accents stay: without them it is the address of somebody else.
    """
    local_part, at, domain = "".join(unicodedata.normalize("NFKC", _seen(address)).split()).rpartition("@")
    mailbox = _caseless(local_part).replace("i\u0307", "i").translate(_DOTLESS)
    return f"{unicodedata.normalize('NFC', mailbox)}{at}{_domain(domain)}"[:FOLDED_LENGTH]


def _caseless(text: str) -> str:
    """Return the text folded by case and compatibility (Unicode §3.13, NFKC_Casefold)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", _seen(text)).casefold()).casefold()
    return _seen(unicodedata.normalize("NFKC", folded))


def _seen(text: str) -> str:
    """Return the text without signs that nobody sees, its apostrophes and hyphens of one kind."""
    plain = _INVISIBLE.sub("", text.translate(_APOSTROPHES).translate(_HYPHENS))
    return "".join(" " if _parts(sign) else sign for sign in plain if unicodedata.category(sign) not in ("Cf", "Cs"))


def _parts(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Zl", "Zp")


def _domain(domain: str) -> str:
    """Return a domain's A-labels; what is no domain is compared as it is written."""
    try:
        return idna.encode(domain.rstrip("."), uts46=True).decode()
    except idna.IDNAError:
        return _caseless(domain)
