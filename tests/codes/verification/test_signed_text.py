"""The text that a device signs, on the cases that the pages are tried on, too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from codes.model import InHand, InHandBy, Means
from codes.verification.presentation import Presentation, Purpose

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases" / "signed-text.json").read_text())


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["why"])
def test_the_signed_text_is_that_of_the_table(case: dict[str, Any]) -> None:
    means = Means.TAP if case.get("tap") else Means.DIGITS if case["payload"] is None else Means.PAYLOAD
    presentation = Presentation(
        presentation_id=UUID(case["presentation_id"]),
        device_id=UUID(case["device_id"]),
        parcels=tuple(InHand(each["reference"], InHandBy(each["by"])) for each in case["parcels"]),
        means=means,
        presented=case["payload"] or case["digits"] or "",
        presented_at=datetime.now(UTC),
        offline=case["offline"],
        presentation_id_text=case["presentation_id"],
        device_id_text=case["device_id"],
        presented_at_text=case["presented_at"],
        salt=bytes.fromhex(case["salt"]),
        signature=b"",
        purpose=Purpose(case["form"]),
        name=case["name"],
    )
    assert presentation.signed_text().decode() == case["signed"]
