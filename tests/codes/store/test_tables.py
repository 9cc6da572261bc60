"""The tables are names of one package, in whichever of its files they stand."""

from __future__ import annotations

from pathlib import Path

from codes import tables


def test_every_table_is_a_name_of_the_package_and_no_file_hides_one() -> None:
    for name, table in tables.metadata.tables.items():
        assert getattr(tables, name) is table
    files = {path.stem for path in Path(tables.__file__).parent.glob("*.py")}
    assert not files & tables.metadata.tables.keys()
