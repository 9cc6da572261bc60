"""Routes with something in each of their places."""

from __future__ import annotations

import re


def filled(rule: str) -> str:
    """Put something into each placeholder of a route."""
    nobody = "00000000-0000-0000-0000-000000000000"
    return "/".join(re.sub(r"<.+>", nobody, part) for part in rule.split("/"))
