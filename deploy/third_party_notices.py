"""Prints the licences of everything that a release holds or asks for; `make release` writes them into dist/."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
LICENCE_FILE = re.compile(r"(^|/)(LICEN[CS]E|COPYING|NOTICE|AUTHORS)[^/]*$", re.IGNORECASE)
IN_PAGES = ("zxing-wasm",)
"""Of what npm installs, a release holds these; the rest builds and checks."""


def notices() -> str:
    """Return name, version, licence and licence texts of each package."""
    rule = "=" * 100
    parts = [f"{rule}\n{title}\n{rule}\n\n{text.strip()}\n" for title, text in (*_python(), *_pages())]
    return "\n".join(["Doorcode is made with what others made. Their licences:\n", *parts])


def licence_of(found: Distribution) -> str:
    """Return a package's licence in few words: as SPDX, by its classifiers, or by the first line that it says."""
    said = found.metadata
    classified = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or () if "License ::" in each]
    free = (said["License"] or "").strip().partition("\n")[0]
    return said["License-Expression"] or " and ".join(classified) or free


def _python() -> Iterator[tuple[str, str]]:
    pins = re.findall(r"^([^\s#=]+)==([^\s\\]+)", (HOME / "requirements.txt").read_text(), re.MULTILINE)
    for name, version in pins:
        found = distribution(name)
        if found.version != version:
            sys.exit(f"{name} {found.version} is installed, requirements.txt names {version}: ./setup.sh run")
        texts = [str(file.read_text("utf-8")) for file in found.files or () if LICENCE_FILE.search(file.as_posix())]
        yield f"{name} {version}: {licence_of(found)}", "\n\n".join(texts)


def _pages() -> Iterator[tuple[str, str]]:
    for name in IN_PAGES:
        folder = HOME / "node_modules" / name
        said = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        texts = [
            path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if LICENCE_FILE.search(path.name)
        ]
        yield f"{name} {said['version']}: {said['license']}", "\n\n".join(texts)


if __name__ == "__main__":
    sys.stdout.write(notices())
