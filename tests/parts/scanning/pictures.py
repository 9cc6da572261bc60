"""The real pictures and what they hold."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "pictures"
CRASH = FOLDER / "opencv-qr-crash.png"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Known:
    """One picture: the set it belongs to, the kind of its symbol, and every text that is right."""

    path: Path
    set_name: str
    symbology: str
    texts: frozenset[str]


def known_pictures() -> list[Known]:
    """Return every picture of the manifest."""
    with (FOLDER / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [
            Known(
                FOLDER / row["file"],
                row["set"],
                row["symbology"],
                frozenset(plain(text) for text in (row["text"], *json.loads(row["also"] or "[]")) if text),
            )
            for row in csv.DictReader(file)
        ]


def plain(text: str) -> str:
    """Write a text so that readings can be compared: one kind of line break; UPC-A with or without its leading zero."""
    text = text.replace("\r\n", "\n").strip()
    return text.lstrip("0") if text.isdigit() and len(text) in (12, 13) else text
