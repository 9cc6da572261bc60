"""Files as people have them: titles, no headings, parts of names, formulas; read right, or refused in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from web.importing.csv_reading import Table, has_decimal_comma, plain_amount, possible_encodings, read_table
from web.importing.faults import CELLS, FORMULA, SEVERAL, SPOILT, BadFile, Fault
from web.importing.headings import guess_mapping
from web.importing.parcel_files import LANGUAGE_OF_ALL, ReadRow, read_chosen, read_rows


def table_of(*lines: str) -> Table:
    """Read these lines."""
    return read_table("\r\n".join(lines).encode())


def rows_of(*lines: str) -> list[ReadRow]:
    """Read these lines by what their headings are taken for, in a German house."""
    table = table_of(*lines)
    return read_rows(table, guess_mapping(table.headings), "DE")


def test_titles_above_the_headings_are_left_out_and_said() -> None:
    table = table_of(
        "Versandliste Depot Mitte, Stand 30.11.2026",
        "",
        "Erstellt von: Ada, am Montag;;",
        "Sendungsnummer;Empfänger;Ort",
        "JD1;Eva;Berlin",
    )
    assert (table.delimiter, table.headings_row) == (";", 4)
    assert table.headings == ("Sendungsnummer", "Empfänger", "Ort")
    assert [(row.line, row.cells) for row in table.rows] == [(5, ("JD1", "Eva", "Berlin"))]


def test_unknown_headings_below_a_title_are_found_by_their_width() -> None:
    table = table_of("Lista przesyłek", "Kod;Komu;Dokąd", "JD1;Eva;Łódź")
    assert (table.headings, table.headings_row, len(table.rows)) == (("Kod", "Komu", "Dokąd"), 2, 1)


@pytest.mark.parametrize(
    "first",
    [
        "JD0001;Ada;Berlin",
        "00340434161094021501;Ada;Berlin",
        "a-1;Ada;ada@example.org",
        "x;Ada;01067",
        "x;Ada;+49 30 1234",
    ],
)
def test_without_headings_the_first_row_is_a_parcel_and_not_lost(first: str) -> None:
    table = table_of(first, "JD0002;Eva;Bonn")
    assert (table.headings, table.headings_row) == (("#1", "#2", "#3"), 0)
    assert [row.line for row in table.rows] == [1, 2]


def test_headings_that_come_again_in_joined_files_are_no_parcels() -> None:
    rows = rows_of("Sendungsnummer;Empfänger", "JD1;Ada", "Sendungsnummer;Empfänger", "JD2;Eva")
    assert [row.parcel and row.parcel.reference for row in rows] == ["JD1", "JD2"]


def test_the_delimiter_is_the_one_that_parts_the_table_and_not_the_commonest_sign() -> None:
    table = table_of("Sendungsnr;Empfänger;Straße, Nr., Etage;PLZ, Ort", "JD1;Ada;Samplestr. 1, 2. OG;01067 Dresden")
    assert table.headings == ("Sendungsnr", "Empfänger", "Straße, Nr., Etage", "PLZ, Ort")
    assert table_of("Sendungsnummer, kurz;Empfänger", "JD1;Ada").delimiter == ";"


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "sep=;;;", "SEP=;"])
def test_a_line_that_names_the_separator_is_no_heading(line: str) -> None:
    assert table_of(line, "Sendungsnummer;Empfänger, Name, Zusatz", "JD1;Ada").headings[0] == "Sendungsnummer"


def test_cells_that_excel_leaves_out_at_the_end_are_empty_and_parted_rows_are_refused() -> None:
    short = [f"JD{number};Ada" for number in range(16)]
    rows = rows_of("Sendungsnummer;Empfänger;Ort;Hinweis", "JX1;Ada;Bonn;x", *short, "JX2;Ada;Bonn;x", "JX3;Ada")
    assert not any(row.faults for row in rows)
    parted = rows_of(
        "Sendungsnummer;Empfänger;Ort;Hinweis", "JD1;Ada", "Lovelace;Bonn;x", "JD2;Eva;Bonn;x", "JD3;Bob;Ulm;y"
    )
    assert [row.faults for row in parted] == [(Fault(CELLS),), (Fault(CELLS),), (), ()]
    halves = rows_of("Sendungsnummer;Empfänger;Ort", "JD1;Ada", "Lovelace;Bonn", "JD2;Eva;Bonn")
    assert [bool(row.faults) for row in halves] == [True, True, False]


def test_a_quotation_mark_that_is_missing_is_told_where_it_is_missing() -> None:
    with pytest.raises(BadFile, match="Row 3 cannot be read"):
        table_of("Sendungsnummer;Empfänger", "JD1;Ada", '"JD2;Eva', *("JD3;Bob" for _ in range(50)))


def test_parts_of_names_and_streets_are_put_together() -> None:
    (row,) = rows_of(
        "Paketnr.;VORNAME;Nachname ;Straße;Haus-Nr.;Adresszusatz;plz;ORT;E-Mail-Adresse",
        "JD1;Ada;Lovelace;Samplestr.;1a;2. OG;01067;Dresden;Ada Lovelace <ada@example.org>",
    )
    assert row.parcel is not None, row.faults
    person = row.parcel.recipient
    assert (person.name, person.street, person.email) == ("Ada Lovelace", "Samplestr. 1a, 2. OG", "ada@example.org")


@pytest.mark.parametrize(
    "headings",
    [
        "Numéro de suivi;Nom;Prénom;Code postal;Ville",
        "NUMERO DE SEGUIMIENTO;Apellidos;First-Name;Código postal;Ciudad",
        "Tracking No.;Last Name;First Name;ZIP;City",
        "Sendungs-Nr.;Empfa\u0308nger;Vorname;PLZ\u200b;\u00a0Ort",
    ],
)
def test_headings_are_known_in_other_languages_and_writings(headings: str) -> None:
    assert list(guess_mapping(headings.split(";"))) == ["reference", "name", "postcode", "city", "first_name"]


def test_lines_within_a_cell_become_one() -> None:
    (row,) = rows_of("Sendungsnummer;Empfänger;Straße", 'JD1;"Ada\nLovelace";"Samplestr. 1\r\n2. OG"')
    assert row.parcel is not None, row.faults
    assert (row.parcel.recipient.name, row.parcel.recipient.street) == ("Ada Lovelace", "Samplestr. 1, 2. OG")


@pytest.mark.parametrize(
    "written",
    [
        "ada@example.org,",
        "ada@example.org.",
        " <ada@example.org>;",
        "mailto:ada@example.org",
    ],
)
def test_an_address_is_taken_from_what_stands_around_it(written: str) -> None:
    (row,) = rows_of("Sendungsnummer;Empfänger;E-Mail", f'JD1;Ada;"{written}"')
    assert row.parcel is not None, row.faults
    assert row.parcel.recipient.email == "ada@example.org"


def test_two_addresses_in_a_cell_are_refused_in_words_of_their_own() -> None:
    (row,) = rows_of("Sendungsnummer;Empfänger;E-Mail", 'JD1;Ada;"ada@example.org, eva@example.org"')
    assert row.faults == (Fault(SEVERAL, "email"),)


@pytest.mark.parametrize(
    "cell", ["#NAME?", "#N/A", "#NV", "#WERT!", "#DIV/0!", "########", '=HYPERLINK(""http://x"")', "=B2"]
)
def test_what_a_formula_left_is_nobodys_name(cell: str) -> None:
    (row,) = rows_of("Sendungsnummer;Empfänger", f'JD1;"{cell}"')
    assert row.faults == (Fault(FORMULA, "name"),)


def test_numbers_whose_last_digits_a_spreadsheet_made_zeros_are_refused() -> None:
    rounded = [f"34043416109402{number}000;Ada" for number in (1, 2)]
    assert [row.faults for row in rows_of("Sendungsnummer;Empfänger", *rounded)] == [(Fault(SPOILT, "reference"),)] * 2
    rows = rows_of("Sendungsnummer;Empfänger", *rounded, "340434161094021501;Eva")
    assert not any(row.faults for row in rows), "one that is whole shows that the column is text"


@pytest.mark.parametrize(
    ("amounts", "delimiter", "plain"),
    [
        (["129.90 CHF", "45 CHF"], ";", ["129.90", "45"]),
        (["129,90 EUR"], ",", ["129.90"]),
        (["EUR 1.299,-"], ";", ["1299"]),
        (["1\u2019299.90"], ";", ["1299.90"]),
        (["12,50", "13.50"], ";", ["12.50", "13.50"]),
    ],
)
def test_amounts_are_not_a_hundredfold_for_their_currency_or_their_neighbours(
    amounts: list[str], delimiter: str, plain: list[str]
) -> None:
    comma = has_decimal_comma(amounts, delimiter)
    assert [plain_amount(each, decimal_comma=comma) for each in amounts] == plain


@pytest.mark.parametrize("amount", ["(5,00)", "5,00-", "1.29,5", "1,2,3"])
def test_what_is_less_than_nothing_or_no_amount_is_refused(amount: str) -> None:
    (row,) = rows_of("Sendungsnummer;Empfänger;Wert", f"JD1;Ada;{amount}")
    assert [each.column for each in row.faults] == ["value"]


@pytest.mark.parametrize(("word", "gift"), [("WAHR", True), ("FALSCH", False), ("Oui", True), ("nie", False)])
def test_yes_and_no_are_read_as_spreadsheets_say_them(word: str, gift: bool) -> None:
    (row,) = rows_of("Sendungsnummer;Empfänger;Geschenk;Wert", f"JD1;Ada;{word};1,5")
    assert row.parcel is not None, row.faults
    assert (row.parcel.gift, row.parcel.value) == (gift, Decimal("1.5"))


def test_who_has_no_language_is_written_to_in_that_of_all() -> None:
    table = table_of("Sendungsnummer;Empfänger;Sprache", "JD1;Ada;", "JD2;Eva;PL")
    rows = read_chosen(table, guess_mapping(table.headings) | {LANGUAGE_OF_ALL: "de"})
    assert [row.parcel and row.parcel.recipient.language for row in rows] == ["de", "pl"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", "Excel or LibreOffice"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", "Excel or LibreOffice"),
        (b"PK\x03\x04\x14\x00\x00\x00parcels.csv", "ZIP file"),
        (b"Sendungsnummer;Name\r\n;\r\n", "no rows below its header"),
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "not a CSV file"),
        (b"\xef\xbb\xbf\n<html><table><tr><td>Nr", "not a CSV file"),
    ],
)
def test_another_kind_of_file_is_refused_with_what_to_do(data: bytes, told: str) -> None:
    with pytest.raises(BadFile, match=told):
        read_table(data)


@pytest.mark.parametrize("cell", ["a" * 100_000, "1" + "," * 100_000 + "(", "a" + " " * 100_000 + "b", "@." * 50_000])
def test_a_cell_of_many_signs_is_looked_at_for_no_minutes(cell: str) -> None:
    fields = ["JD1", *[f'"{cell}"'] * 4]
    (row,) = rows_of("Sendungsnummer;Empfänger;E-Mail;Wert;Hinweis", ";".join(fields))
    assert {each.column for each in row.faults} >= {"name", "email", "note"}
    assert possible_encodings(f"Nr;Wer\n{cell}\n".encode() + b"\xe4;x\n")["cp1252"] == ["ä"]
    assert table_of(f'x;"{cell}"', "JD1;Ada").headings_row == 1
