"""A bench run as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.parts.running_service import HOME


def told_by(bench: str, *options: str) -> dict[str, Any]:
    """Run the short form of a bench, expect it to end well, and return the figures on its last line."""
    command = [sys.executable, "-m", bench, *options]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
