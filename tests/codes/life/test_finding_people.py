"""Persons are found, and erased, however their names and addresses are written; on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from codes import Announcement, DeliveryCodes, Person, tables
from codes.life.imports import (
    add_import,
    announce_group,
    claim_import,
    content_of_import,
    find_import,
    start_import,
)
from codes.life.parcel_records import list_parcels
from codes.office.parcel_list import Filters, list_page
from codes.office.searching import Wanted, find_parcels
from codes.values.folding import fold, fold_address
from tests.parts.stores import everything

CASES = json.loads(Path("tests/cases/folding.json").read_text(encoding="utf-8"))
SEEN = [
    [name.strip() for name in spellings if name.strip().isprintable()]
    for spellings in CASES["same_name"]
    if fold(spellings[0])
]


def found(codes: DeliveryCodes, who: str) -> set[str]:
    """Return what the office's list and the audit's search find."""
    listed = {parcel.reference for parcel in codes.read(list_page, Filters(search=who), limit=50)}
    audited = {parcel.reference for parcel in codes.read(find_parcels, Wanted(recipient=who))}
    assert audited <= listed
    return listed


def test_a_name_is_found_in_every_spelling_and_in_part(codes: DeliveryCodes) -> None:
    codes.announce([Announcement(f"P-{n}", Person(spellings[0])) for n, spellings in enumerate(SEEN)])
    codes.announce(
        [Announcement(f"S-{n}", Person("x"), sender=spellings[0].strip()) for n, spellings in enumerate(SEEN)]
    )
    for number, spellings in enumerate(SEEN):
        for spelling in spellings:
            assert {f"P-{number}", f"S-{number}"} <= found(codes, spelling), ascii(spelling)
            assert {f"P-{number}", f"S-{number}"} <= found(codes, spelling.split()[0][:4]), ascii(spelling)
    assert found(codes, "\u200b") == set()
    assert found(codes, "%") == found(codes, "_") == set()


@pytest.mark.parametrize("spellings", CASES["same_address"], ids=ascii)
def test_an_address_is_found_and_erased_in_every_spelling_and_no_other(
    codes: DeliveryCodes, spellings: list[str]
) -> None:
    ours = {fold_address(each) for each in spellings}
    others = {address for pair in CASES["other_address"] for address in pair if fold_address(address) not in ours}
    persons = [Person("Anna", address) for address in (*spellings, *others)]
    codes.announce([Announcement(f"P-{number}", person) for number, person in enumerate(persons)])
    for spelling in spellings:
        assert {f"P-{number}" for number in range(len(spellings))} <= found(codes, spelling)
    erased = codes.erase_address(spellings[-1])
    assert erased.persons >= len(spellings)
    with codes.database.reading() as connection:
        left = set(connection.execute(sa.select(tables.holders.c.email)).scalars())
    assert left == {None, *others}


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_file_that_waits_ends_when_somebody_in_it_is_erased(
    codes: DeliveryCodes, tmp_path: Path, coding: str
) -> None:
    text = 'reference;name;email\nP-8;Änne Zerlina;ÄNNE@zerlina.example\nP-9;"Ben";ben@example.org\n'
    waiting = codes.write(add_import, "parcels.csv", "Dora", text.encode(coding))
    other = codes.write(add_import, "other.csv", "Dora", b"reference;name\nP-7;Ben\n")
    erased = codes.erase_address("änne@Zerlina.example")
    assert (erased.persons, erased.files) == (0, 1)
    assert codes.read(content_of_import, waiting) == b""
    ended = codes.read(find_import, waiting)
    assert ended is not None
    assert ended.finished_at is not None
    assert codes.read(content_of_import, other) != b""
    kept = everything(codes, tmp_path)
    assert "Zerlina".encode(coding.removesuffix("-sig").replace("utf-16", "utf-16-le")) not in kept


def test_a_file_ends_with_a_persons_parcel_by_name_too(codes: DeliveryCodes) -> None:
    codes.announce([Announcement("P-1", Person("Änne Zerlina", "anne@example.org"))])
    files = (
        "reference,name\nP-8,ÄNNE ZERLINA\n",
        "nr;last;first\n1; Zerlina ;Anne\n",
        "nr,mail\n2,A <Anne@example.org>.\n",
    )
    waiting = [codes.write(add_import, "parcels.csv", "Dora", each.encode()) for each in files]
    assert codes.erase_parcel("P-1").files == 3
    assert {codes.read(content_of_import, each) for each in waiting} == {b""}


def test_a_file_that_is_worked_on_announces_nothing_more_once_somebody_in_it_is_erased(codes: DeliveryCodes) -> None:
    worked_on = codes.write(add_import, "parcels.csv", "Dora", b"reference;email\nP-8;anne@example.org")
    codes.write(start_import, worked_on, {"reference": "reference", "email": "email"}, 1)
    assert codes.write(claim_import) is not None
    assert codes.erase_address("anne@example.org").files == 1
    group = [Announcement("P-8", Person("Änne", "anne@example.org"))]
    assert not codes.write(announce_group, codes.rules, worked_on, group).goes_on
    assert codes.read(list_parcels) == []
