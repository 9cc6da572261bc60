"""One trouble is one line a second, with its reason; and what tells processes apart is the same after a restart."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from codes import Database
from codes.store.database import NoAnswer
from web.processes.logs import TextLines
from web.processes.slots import take_slot
from web.processes.troubles import OneLineASecond, log_trouble, reason_of


def line(at: float, trouble: str | None) -> logging.LogRecord:
    record = logging.LogRecord("doorcode", logging.ERROR, __file__, 1, "it failed", (), None)
    record.created = at
    if trouble is not None:
        record.trouble = trouble
    return record


def test_of_a_thousand_lines_of_one_trouble_one_a_second_is_written_and_says_how_many_there_were() -> None:
    passes = OneLineASecond()
    records = [line(1_000 + number / 500, "no database") for number in range(1_000)]
    written = [record.getMessage() for record in records if passes.filter(record)]
    assert written == ["it failed", "it failed (and 499 times before)"]
    assert passes.filter(line(1_001.9, "another trouble"))
    assert all(passes.filter(line(1_001.9, None)) for _ in range(3))


def test_a_reason_has_its_sqlstate_and_meaning_and_none_of_the_statements_values(
    postgres_database: Database, tmp_path: Path
) -> None:
    statement = sa.text("INSERT INTO installation (name, value) VALUES (:name, 'x')")
    with postgres_database.reading() as connection:
        connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        with pytest.raises(sa.exc.DBAPIError) as failed:
            connection.execute(statement, {"name": "483920"})
    assert reason_of(failed.value) == "25006, read only sql transaction"
    assert reason_of(NoAnswer("no answer of the database within 4.5 s")) == "no answer of the database within 4.5 s"
    with pytest.raises(sa.exc.OperationalError) as refused:
        Database("postgresql://127.0.0.1:1/nothing").engine.connect()
    assert reason_of(refused.value) == "no connection to the database"
    assert isinstance(refused.value.orig, psycopg.OperationalError)
    torn = tmp_path / "torn.db"
    torn.write_bytes(b"no database" * 100)
    with pytest.raises(sa.exc.DatabaseError) as no_database:
        Database(f"sqlite:///{torn}").engine.connect()
    assert reason_of(no_database.value) == "SQLITE_NOTADB, file is not a database"
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(TextLines())
    logger = logging.Logger("doorcode.sample")
    logger.addHandler(handler)
    log_trouble(logger, "the database did not confirm", failed.value)
    assert "the database did not confirm: 25006" in written.getvalue()
    assert "483920" not in written.getvalue()


def test_processes_take_the_lowest_free_number_and_give_it_back_with_their_end(tmp_path: Path) -> None:
    assert [take_slot(tmp_path), take_slot(tmp_path)] == ["1", "2"]
    ask = "import sys, pathlib; from web.processes.slots import take_slot; print(take_slot(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", ask, str(tmp_path)]
    numbers = [subprocess.check_output(command, text=True).strip() for _ in range(2)]
    assert numbers == ["3", "3"]
