"""The environment of the service: one file beside the settings, which every command reads as the service does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from web.configuration import DATABASE_URL, BadConfiguration
from web.mail.gateway_settings import SECRET_VARIABLE
from web.mail.settings import BOUNCE_VARIABLE, IMAP_VARIABLE, PASSWORD_VARIABLE
from web.settings import OIDC_VARIABLE

FILE = "environment"
OURS = "DOORCODE_"
SET_BY_PEOPLE = (
    "DOORCODE_CONFIG",
    DATABASE_URL,
    PASSWORD_VARIABLE,
    IMAP_VARIABLE,
    BOUNCE_VARIABLE,
    SECRET_VARIABLE,
    OIDC_VARIABLE,
)
_OTHERS = {f"{OURS}{name}" for name in ("DATA", "REPLICA", "URL", "KEY", "DEMO", "PAGES", "PARENT")}
"""Of litestream's settings, of the scripts in docs/integrate.md, and what the service tells its own processes."""
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
        if "\\" in value and not (len(value) > 1 and value[0] == value[-1] == "'"):
            # systemd takes it for the beginning of an escape.
            raise BadConfiguration(f"{path}:{number}: write a value that holds a \\ in single quotes")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        for fault in unknown_variables([found["name"]]):
            raise BadConfiguration(f"{path}:{number}: {fault}")
        os.environ.setdefault(found["name"], value)


def unknown_variables(names: Iterable[str]) -> Iterator[str]:
    """Name those that look as if they were for the service, and are read by nobody."""
    for name in sorted(names):
        if name.startswith(OURS) and name not in _OTHERS and name not in SET_BY_PEOPLE:
            near = get_close_matches(name, SET_BY_PEOPLE, n=1, cutoff=0.7)
            advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(SET_BY_PEOPLE)}"
            yield f"no variable is called {name}; {advice}"
