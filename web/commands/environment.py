"""The environment of the service: one file beside the settings, which every command reads as the service does."""

from __future__ import annotations

import os
import re
from pathlib import Path

from web.configuration import BadConfiguration

FILE = "environment"
_LINE = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)")


def environment_file(config: Path) -> Path:
    """Return where the file lies, whether there is one or not."""
    return config.resolve().parent / FILE


def read_environment(config: Path) -> None:
    """Take over what the file says, as systemd does (EnvironmentFile=); what is set already stays.

    Raises BadConfiguration, or OSError where this user may not read it: without it a command would work elsewhere.
    """
    path = environment_file(config)
    if not path.exists():
        return
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"{path}: write it in UTF-8") from error
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        found = _LINE.fullmatch(text)
        if found is None or "\0" in text:
            raise BadConfiguration(f"{path}:{number}: write NAME=value")
        value = found["value"].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        os.environ.setdefault(found["name"], value)
