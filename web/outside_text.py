"""Text from outside: what a single line may hold on its way in, and what is left of it on its way out."""

from __future__ import annotations

import unicodedata

TURNS_TEXT = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the reading direction: a name that holds one can make what stands after it read backwards."""
_UNSEEN = TURNS_TEXT | frozenset("\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff")
"""These, and blanks without width. The joiners U+200C and U+200D stay: Persian, Hindi and emoji need them."""
_LINE_ENDS = ("Cc", "Zl", "Zp")


class NotOneLine(ValueError):
    """The text holds control characters, line ends, or half of a pair of surrogates."""


def single_line(text: str) -> str:
    """Return a name or other single line as it is kept: without unseen signs, blanks single. Raises NotOneLine."""
    stripped = text.strip(" \t\r\n\f\v")
    if any(unicodedata.category(sign) in (*_LINE_ENDS, "Cs") for sign in stripped):
        raise NotOneLine("must be one line of text without control characters")
    return _joined(stripped)


def one_line(text: str, length: int = 100) -> str:
    """Return of any text what can stand in one line of a header, a log or a table, cut to a length."""
    kept = (" " if unicodedata.category(sign) in _LINE_ENDS else sign for sign in text)
    return _joined("".join(sign for sign in kept if unicodedata.category(sign) != "Cs"))[:length].rstrip()


def escaped(text: str) -> str:
    r"""Return a text for a log: whatever could end a line, turn it or hide in it is written as ``\uXXXX``."""
    return "".join(
        sign if sign not in _UNSEEN and unicodedata.category(sign) not in (*_LINE_ENDS, "Cs", "Cf") else _escape(sign)
        for sign in text
    )


def _joined(text: str) -> str:
    return " ".join("".join(sign for sign in text if sign not in _UNSEEN).split())


def _escape(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
