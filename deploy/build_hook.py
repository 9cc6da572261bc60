"""What hatchling asks while it builds the wheel (`pip install .`): what it needs, and what it holds beside the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

HOME = Path(__file__).resolve().parents[1]
DECODER = Path("node_modules", "zxing-wasm", "dist")
DECODER_FILES = ("es/reader/index.js", "es/share.js", "reader/zxing_reader.wasm")


def pinned() -> list[str]:
    """Return the packages of requirements.txt in the versions that the tests ran with."""
    return re.findall(r"^([^\s#]+==[^\s\\]+)", (HOME / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)


class PinnedPackages(MetadataHookInterface):
    """The wheel needs exactly what the lock file names."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Say so in the wheel's metadata."""
        metadata["dependencies"] = pinned()


class CompiledParts(BuildHookInterface[Any]):
    """The wheel has compiled catalogues, the default settings, and the browser's decoder where npm fetched it."""

    def dependencies(self) -> list[str]:
        """The code itself compiles the catalogues."""
        return pinned()

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the files from outside the packages."""
        if self.target_name != "wheel" or version == "editable":
            return
        # What the set-up compiled is left alone: a service beside the build may be reading it.
        compiled = HOME / "web" / "static" / "locales" / "verdicts.json"
        catalogues = (HOME / "web" / "i18n" / "locales").rglob("*.po")
        if not compiled.is_file() or any(each.stat().st_mtime > compiled.stat().st_mtime for each in catalogues):
            subprocess.run([sys.executable, "-m", "web.i18n.catalogues", "compile"], cwd=HOME, check=True)
        carried = build_data["force_include"]
        carried[str(HOME / "config.yaml")] = "web/config.yaml"
        if not all((HOME / DECODER / name).is_file() for name in DECODER_FILES):
            self.app.display_warning(
                "without the browser's decoder: run npm ci --omit=dev before, or see operations.md"
            )
            return
        for name in DECODER_FILES:
            carried[str(HOME / DECODER / name)] = (DECODER / name).as_posix()
