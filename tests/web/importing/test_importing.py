"""CSV files as people have them: their own headings, German spreadsheets, faults named by row."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from web.importing.csv_reading import has_decimal_comma, plain_amount, read_table
from web.importing.faults import BadFile
from web.importing.headings import FILE_COLUMNS, guess_mapping
from web.importing.parcel_files import LARGEST_FILE, parse_mapping, read_parcels, read_rows

GERMAN = "Sendungsnummer;Empfänger;E-Mail;PLZ;Warenwert;Währung;Geschenk\r\n{rows}"


def test_a_german_spreadsheet_is_read_as_it_is_saved() -> None:
    rows = "JD01;Jörg Müller;joerg@example.org;01067;1.299,90;EUR;nein\r\nJD02;Ängela Ö.;;;45;EUR;ja\r\n"
    table = read_table(GERMAN.format(rows=rows).encode("cp1252"))
    assert (table.delimiter, table.encoding) == (";", "cp1252")
    mapping = guess_mapping(table.headings)
    assert mapping == {
        "reference": "Sendungsnummer",
        "name": "Empfänger",
        "email": "E-Mail",
        "postcode": "PLZ",
        "value": "Warenwert",
        "currency": "Währung",
        "gift": "Geschenk",
    }
    first, second = [row.parcel for row in read_rows(table, mapping)]
    assert first is not None
    assert second is not None
    assert (first.value, first.recipient.name, first.recipient.postcode) == (Decimal("1299.90"), "Jörg Müller", "01067")
    assert (second.value, second.gift, second.recipient.email) == (Decimal(45), True, None)


@pytest.mark.parametrize(
    "headings",
    [
        ("Straße und Hausnummer", "PLZ", "Ort", "Hinweis für den Fahrer", "Telefon"),
        ("Strasse", "Postleitzahl", "Stadt", "Zustellhinweis", "Handy"),
        ("Address 1", "Zip", "City", "Delivery instructions", "Mobile"),
        ("Shipping Street", "Shipping Zip", "Shipping City", "Driver note", "Phone"),
        ("street", "postcode", "city", "note", "phone"),
    ],
)
def test_the_stop_is_found_under_its_usual_headings(headings: tuple[str, ...]) -> None:
    text = ";".join(["Sendungsnummer", "Name", *headings]) + "\nJD01;Ada;Samplestr. 1;01067;Dresden;Bell;+493012345\n"
    table = read_table(text.encode())
    (row,) = read_rows(table, guess_mapping(table.headings))
    assert row.parcel is not None, row.faults
    person = row.parcel.recipient
    found = (person.street, person.postcode, person.city, person.note, person.phone)
    assert found == ("Samplestr. 1", "01067", "Dresden", "Bell", "+493012345")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_way_of_saving_is_found_out(encoding: str, delimiter: str) -> None:
    lines = [["reference", "name", "value"], ["JD01", 'Jörg "Jo" Müller', "129.90"], ["JD02", "two\nlines", "5"]]
    text = "\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    table = read_table(text.encode(encoding))
    assert [row.cells for row in table.rows] == [tuple(line) for line in lines[1:]]
    assert [row.line for row in table.rows] == [2, 3], "as a spreadsheet counts"


@pytest.mark.parametrize(
    ("written", "comma", "plain"),
    [
        *(("129,90", True, "129.90"), ("1.299,90 €", True, "1299.90"), ("€ 45", True, "45"), ("1.299", True, "1299")),
        *(
            ("129.90", False, "129.90"),
            ("1,299.90", False, "1299.90"),
            ("$1,299", False, "1299"),
            ("1.299", False, "1.299"),
        ),
        *(
            ("1'299.90", False, "1299.90"),
            ("1 299,90", True, "1299.90"),
            ("12,5", False, "12,5"),
            ("much", True, "much"),
        ),
    ],
)
def test_amounts_are_read_with_either_decimal_sign(written: str, comma: bool, plain: str) -> None:
    assert plain_amount(written, decimal_comma=comma) == plain


def test_the_decimal_sign_is_told_by_the_whole_column() -> None:
    assert has_decimal_comma(["1.299", "12,90 €"], ",")
    assert not has_decimal_comma(["1,299", "12.90"], ";")
    assert has_decimal_comma(["1.299"], ";")
    assert not has_decimal_comma(["1,299"], ",")


def test_faults_are_named_by_row_without_what_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "parcels.csv"
    rows = ["JD01,Ada,ada@example.org,10", "x,Bob,,10", "JD03,,nobody,ten", "JD04,Eve", "TEST/JD05,Tim,,1"]
    path.write_text("reference,name,email,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        read_parcels(path)
    told = str(caught.value).splitlines()
    assert [line.split(": ")[0].rsplit(":", 1)[1] for line in told] == ["3", "4", "4", "4", "5", "6"]
    assert "nobody" not in "\n".join(told)


def test_a_file_that_does_not_say_its_encoding_asks_with_the_names_that_each_would_give(tmp_path: Path) -> None:
    path = tmp_path / "parcels.csv"
    path.write_bytes("reference,name\nJD01,Łukasz Müller\n".encode("cp1250"))
    with pytest.raises(BadFile, match=r"--encoding cp1252: £ukasz Müller\n.*--encoding cp1250: Łukasz Müller\n"):
        read_parcels(path)
    (parcel,) = read_parcels(path, encoding="cp1250")
    assert parcel.recipient.name == "Łukasz Müller"


def test_codes_are_read_in_whichever_case_they_are_written() -> None:
    table = read_table(b"reference,name,language,currency,destination\nJD01,Ada,DE,eur,Locker\n")
    (row,) = read_rows(table, guess_mapping(table.headings))
    assert row.parcel is not None, row.faults
    parcel = row.parcel
    assert (parcel.recipient.language, parcel.currency, parcel.destination.value) == ("de", "EUR", "locker")


def test_unknown_columns_stop_the_import_and_a_mapping_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "parcels.csv"
    path.write_text("Tracking,Customer,Weight\nJD01,Ada,3\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"unknown column weight(.|\n)*--map 'reference=Tracking,name=Customer'"):
        read_parcels(path)
    (parcel,) = read_parcels(path, parse_mapping("reference=tracking, name=Customer"))
    assert (parcel.reference, parcel.recipient.name) == ("JD01", "Ada")
    for wrong, named in (
        ("reference=Nowhere,name=Customer", "Nowhere"),
        ("name=Customer", "column reference is missing"),
    ):
        with pytest.raises(BadFile, match=named):
            read_parcels(path, parse_mapping(wrong))
    with pytest.raises(BadFile, match="--map"):
        parse_mapping("vaule=Wert")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b\n\x00", b'a,b\n"1', b"a" + 300 * b",b"])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile):
        read_table(data)


def test_our_own_names_are_guessed_to_mean_themselves() -> None:
    assert guess_mapping(FILE_COLUMNS) == {column: column for column in FILE_COLUMNS}


def test_a_source_without_an_end_is_left(tmp_path: Path) -> None:
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(BadFile, match="has more than 100,000,000 bytes; split it"):
        read_parcels(path)
    wide = ",".join(f"column {each}" for each in range(20_000)) + "\n1\n"
    with pytest.raises(BadFile, match="columns"):
        read_table(wide.encode())
