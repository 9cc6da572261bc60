"""Tests stand alone: what they share lies in modules that are no tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

HOME = Path(__file__).parents[1]
SHARED = ("tests.parts.", "tests.independent_verifier")
FILES = [path for folder in ("tests", "bench") for path in sorted((HOME / folder).rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    """Return what a file imports, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def test_nothing_imports_a_test() -> None:
    found = [
        (str(path.relative_to(HOME)), name)
        for path in FILES
        for name in imported(path)
        if name.startswith("tests.") and not name.startswith(SHARED)
    ]
    assert found == []


def test_no_test_imports_a_bench() -> None:
    found = [
        (str(path.relative_to(HOME)), name)
        for path in FILES
        for name in imported(path)
        if path.is_relative_to(HOME / "tests") and name.partition(".")[0] == "bench"
    ]
    assert found == []
