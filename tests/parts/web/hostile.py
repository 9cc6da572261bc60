"""Hostile texts, and what is left of one wherever it may stand in one line."""

from __future__ import annotations

import json
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

CASES = json.loads((Path(__file__).parents[2] / "cases" / "hostile-texts.json").read_text(encoding="utf-8"))
TEXTS: dict[str, str] = {each["name"]: each["text"] for each in CASES}
NEVER = {"Cc", "Zl", "Zp", "Cs"}
UNSEEN = frozenset("\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")


def is_harmless_line(text: str) -> bool:
    """Tell whether nothing in a text can end a line, turn it around or hide in it."""
    return not any(unicodedata.category(sign) in NEVER or sign in UNSEEN for sign in text)


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes, in order, and the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.words: list[str] = []
        self.values: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words.append(data)
