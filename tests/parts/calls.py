"""What is sent to the service: an announcement, and a password."""

from __future__ import annotations

from typing import Any

PASSWORD = "a sample password"


def parcel(reference: str = "SAMPLE-1", **changes: Any) -> dict[str, Any]:
    """Return the body of an announcement."""
    recipient = {"name": "Sample Recipient", "email": "sample@example.org", "language": "de"}
    return {"reference": reference, "recipient": recipient, "value": "129.90", "currency": "EUR", **changes}
