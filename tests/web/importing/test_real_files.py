"""Files as spreadsheets save them, byte by byte: encodings, separators, text cells, spoilt numbers, many rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.parts.web.hostile import TEXTS
from web.importing.csv_reading import Table, possible_encodings, read_table
from web.importing.faults import REPEATED, BadFile, Fault, restored, stored
from web.importing.headings import guess_mapping
from web.importing.parcel_files import left_over, read_file, read_rows

ROWS = "Sendungsnummer{0}Empfänger{0}Telefon\r\n00340434161094021501{0}Jörg Müßig{0}0170 1234567\r\n"
EXCEL: dict[str, Callable[[], bytes]] = {
    "CSV (separated by the list sign of Germany)": lambda: ROWS.format(";").encode("cp1252"),
    "CSV UTF-8": lambda: ROWS.format(";").encode("utf-8-sig"),
    "Unicode text": lambda: b"\xff\xfe" + ROWS.format("\t").encode("utf-16-le"),
    "Unicode text, the other way round": lambda: b"\xfe\xff" + ROWS.format("\t").encode("utf-16-be"),
    "UTF-32": lambda: ROWS.format(";").encode("utf-32"),
    "with a line that names the separator": lambda: ("sep=|\r\n" + ROWS.format("|")).encode("utf-8-sig"),
    "an old Mac": lambda: ROWS.format(";").encode("mac_roman"),
    "DOS": lambda: ROWS.format(",").encode("cp850"),
}
USED = {"an old Mac": "mac_roman", "DOS": "cp850"}


@pytest.mark.parametrize("kind", EXCEL)
def test_what_a_spreadsheet_saves_is_read_with_the_phones_of_the_house(kind: str) -> None:
    table = read_table(EXCEL[kind](), USED.get(kind))
    (row,) = read_rows(table, guess_mapping(table.headings), "DE")
    assert row.parcel is not None, row.faults
    assert row.parcel.reference == "340434161094021501", "00 before it says that it is an SSCC"
    assert (row.parcel.recipient.name, row.parcel.recipient.phone) == ("Jörg Müßig", "+491701234567")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1252", "Jörg Müßig"),
        ("cp1250", "Łukasz Žižek"),
        ("cp1251", "Пётр Иванов"),
        ("cp1253", "Ωμέγα Άλφα"),
        ("cp1254", "Işıl Ğül"),
        ("mac_roman", "Jörg Müßig"),
        ("cp850", "Jörg Müßig"),
        ("cp866", "Пётр Иванов"),
    ],
)
def test_the_right_way_of_writing_is_among_those_offered_with_the_name_it_gives(encoding: str, name: str) -> None:
    data = f"reference,name\nJD1,{name}\n".encode(encoding)
    assert not read_table(data).is_certain
    offered = possible_encodings(data)
    assert [name] in offered.values()
    assert len(offered) == len({tuple(words) for words in offered.values()}), "nothing is offered twice"


@pytest.mark.parametrize("data", [b"reference,name\nJD1,Ada\n", "reference,name\nJD1,Jörg\n".encode()])
def test_what_the_bytes_tell_is_not_asked(data: bytes) -> None:
    assert read_table(data).is_certain


def table_of(*lines: str) -> Table:
    """Read these lines."""
    return read_table("\r\n".join(lines).encode())


def test_text_cells_empty_columns_and_empty_rows_are_understood() -> None:
    table = table_of(
        ";reference;;name;note;;", ';="00123";;"\'t Hart";=2+3;;', ";;;;;;", '", ";"=""00124""";;O\'Neill;\'=2+3;;'
    )
    assert table.headings == ("#1", "reference", "name", "note")
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, ("", "00123", "'t Hart", "=2+3")),
        (4, (",", "00124", "O'Neill", "=2+3")),
    ]


def test_columns_of_one_name_and_of_none_are_told_apart() -> None:
    table = table_of("Name;;name;Nr", "Ada;x;Eva;JD1")
    assert table.headings == ("Name", "#2", "name (#3)", "Nr")
    (row,) = read_rows(table, {"reference": "Nr", "name": "name (#3)"})
    assert row.parcel is not None
    assert row.parcel.recipient.name == "Eva"


@pytest.mark.parametrize("spoilt", ["3.4E+17", "3,4E+17", "3,40434161094021E+17", "4.91702E+11", "1e+05"])
@pytest.mark.parametrize("column", ["reference", "phone", "consignment", "postcode"])
def test_a_number_that_a_spreadsheet_wrote_in_short_is_refused_with_the_way_out(spoilt: str, column: str) -> None:
    cells = {"reference": "JD1", "name": "Ada"} | {column: spoilt}
    table = table_of(";".join(cells), ";".join(cells.values()))
    (row,) = read_rows(table, guess_mapping(table.headings), "DE")
    (fault,) = row.faults
    assert fault.said().startswith(f"{column}: a spreadsheet shortened this number")
    assert spoilt not in fault.said() or spoilt == "3.4E+17"


def test_a_number_of_the_carrier_that_only_looks_like_that_is_taken() -> None:
    table = table_of("reference;name", "12E34;Ada")
    assert read_rows(table, guess_mapping(table.headings))[0].faults == ()


def test_a_number_stands_in_a_file_once_however_it_is_written() -> None:
    table = table_of("reference;name", "JD-1;Ada", "jd 1;Ada", "JD2;Eva", "JD1;Eva")
    rows = read_rows(table, guess_mapping(table.headings))
    assert [row.faults for row in rows] == [
        (),
        (Fault(REPEATED, "reference", 2),),
        (),
        (Fault(REPEATED, "reference", 2),),
    ]
    assert rows[1].faults[0].said() == "reference: is already in row 2"


def test_five_thousand_rows_are_read_and_the_bad_ones_told_apart() -> None:
    count = 5_000
    lines = (f"JD{number:06};Ada {number};a{number}@example.org;1.299,90" for number in range(count))
    data = ("Sendungsnummer;Empfänger;E-Mail;Wert\r\n" + "\r\n".join(lines) + "\r\nx;;;\r\n").encode("utf-8-sig")
    table, rows = read_file(data, guess_mapping(read_table(data).headings))
    assert sum(row.parcel is not None for row in rows) == count
    headings, faulty = left_over(table, rows, "Fault", stored)
    assert (headings[-1], len(faulty), faulty[0][0]) == ("Fault", 1, "x")
    assert restored(faulty[0][-1]) == rows[-1].faults


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_hostile_cells_and_headings_break_nothing(text: str) -> None:
    quoted = '"' + text.replace('"', '""').replace("\x00", "") + '"'
    data = f"reference,name,{quoted}\nJD1,{quoted},{quoted}\n".encode("utf-8", "replace")
    try:
        table = read_table(data)
    except BadFile:
        return
    rows = read_rows(table, guess_mapping(table.headings), "DE")
    assert all(row.parcel is not None or row.faults for row in rows)
    left_over(table, rows, "Fault", stored)
