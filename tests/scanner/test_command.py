"""`app.py scan` as a person and a program use it."""

from __future__ import annotations

import io
import json
from pathlib import Path

from scanner.command import scan
from tests.parts.scanning.encoded_pictures import png_that_says
from tests.parts.scanning.pictures import NONE, known_pictures

KNOWN = known_pictures()
SYMBOL = next(each for each in KNOWN if each.path.name.startswith("jsQR__sd-card-1"))
EMPTY = next(each for each in KNOWN if each.symbology == NONE)


def scanned(*files: Path, as_json: bool = True) -> tuple[int, str, str]:
    """Run the command; gives its status and what it said."""
    out, err = io.StringIO(), io.StringIO()
    return scan(files, json=as_json, stdout=out, stderr=err), out.getvalue(), err.getvalue()


def test_each_file_is_one_object_on_one_line_in_its_order() -> None:
    status, out, err = scanned(SYMBOL.path, EMPTY.path)
    first, second = (json.loads(line) for line in out.splitlines())
    assert (status, err) == (0, "")
    assert set(first) == {"file", "symbols", "milliseconds"}
    assert first["file"] == str(SYMBOL.path)
    assert [symbol["text"] for symbol in first["symbols"]] == list(SYMBOL.texts)
    assert first["symbols"][0]["symbology"] == "QRCode"
    assert [len(corner) for corner in first["symbols"][0]["polygon"]] == [2, 2, 2, 2]
    assert first["milliseconds"] > 0
    assert second["symbols"] == []


def test_what_is_no_picture_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture")
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_that_says(30_000, 30_000))
    status, out, err = scanned(text, bomb, tmp_path / "nowhere.png", SYMBOL.path)
    assert status == 2
    assert len(out.splitlines()) == 1
    assert [line.split(": ")[0] for line in err.splitlines()] == [
        str(text),
        str(bomb),
        str(tmp_path / "nowhere.png"),
    ]
    assert "more than 64,000,000 pixels" in err.splitlines()[1]


def test_people_are_told_in_words() -> None:
    status, out, _ = scanned(SYMBOL.path, EMPTY.path, as_json=False)
    assert status == 0
    assert next(iter(SYMBOL.texts)) in out.splitlines()[0]
    assert "no symbol found" in out.splitlines()[1]
