"""A page's scripts come as one file where they were joined, and as their sources everywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from web.devices.shell import shell_files
from web.http import scripts
from web.http.scripts import ENTRIES, ESBUILD, SOURCES, join, joined_scripts

WEB = SOURCES.parents[1]
NAMED = re.compile(r"module\(\"([^\"]+)\"\)|script=\"([^\"{]+\.js)\"|new Worker\(\"/static/js/([^\"]+)\"")
IMPORTED = re.compile(r"^import [^;]*?\"(\.[^\"]+)\";", re.MULTILINE)


def sent(client: FlaskClient, name: str) -> str:
    """Return the text of a script as the service sends it."""
    answer = client.get(f"/static/js/{name}")
    text = answer.text
    answer.close()
    return text


def forget() -> None:
    """Forget what was found at the start, as a new process does."""
    joined_scripts.cache_clear()
    shell_files.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of joined scripts of the test's own."""
    monkeypatch.setattr(scripts, "JOINED", tmp_path / "joined")
    forget()
    yield tmp_path / "joined"
    monkeypatch.undo()
    forget()


def test_every_script_that_a_page_or_a_worker_names_is_an_entry() -> None:
    texts = [path.read_text() for pattern in ("**/*.html", "**/*.py", "**/*.js") for path in WEB.glob(pattern)]
    named = {next(filter(None, found)) for text in texts for found in NAMED.findall(text)}
    assert named | {f"{kind}/{kind}.js" for kind in ("counter", "driver")} == set(ENTRIES)


def test_each_entry_is_one_file_that_imports_no_other(folder: Path, client: FlaskClient) -> None:
    assert ESBUILD.is_file(), "the set-up installs esbuild"
    join()
    for name in ENTRIES:
        text = sent(client, name)
        assert text == (folder / name).read_text()
        assert IMPORTED.search(text) is None, name
    assert sent(client, "lib/words.js") == (SOURCES / "lib" / "words.js").read_text()


def test_what_was_joined_from_other_sources_is_not_served(folder: Path, client: FlaskClient) -> None:
    join()
    (folder / "sources.sha256").write_text("0" * 64)
    for name in ENTRIES:
        assert sent(client, name) == (SOURCES / name).read_text()


def test_a_phone_keeps_the_joined_scripts_or_all_of_their_sources(folder: Path) -> None:
    waiting, loaded = [SOURCES / "driver" / "driver.js"], set[Path]()
    while waiting:
        script = waiting.pop()
        if script not in loaded:
            loaded.add(script)
            waiting += [(script.parent / name).resolve() for name in IMPORTED.findall(script.read_text())]
    assert len(loaded) > 20
    assert loaded <= set(shell_files().values())
    join()
    forget()
    joined = {address for address in shell_files() if address.startswith("/static/js/")}
    assert joined == {"/static/js/driver/driver.js", "/static/js/lib/decoding/decoder-worker.js"}
