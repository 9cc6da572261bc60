"""What is sent to the service: an announcement and a password; and where its pages are."""

from __future__ import annotations

import re
from typing import Any

PASSWORD = "a sample password"
PAGES = "https://codes.example.org"
"""Where the pages are, as mails say it."""


def parcel(reference: str = "SAMPLE-1", **changes: Any) -> dict[str, Any]:
    """Return the body of an announcement."""
    recipient = {"name": "Sample Recipient", "email": "sample@example.org", "language": "de"}
    return {"reference": reference, "recipient": recipient, "value": "129.90", "currency": "EUR", **changes}


def filled(rule: str) -> str:
    """Put something into each placeholder of a route."""
    nobody = "00000000-0000-0000-0000-000000000000"
    return "/".join(re.sub(r"<.+>", nobody, part) for part in rule.split("/"))


def other_digits(digits: str, step: int = 1) -> str:
    """Return six digits that are not these."""
    return f"{(int(digits) + step) % 1_000_000:06d}"
