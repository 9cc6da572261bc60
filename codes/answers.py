"""An answer as it is kept and sent: the same bytes whenever the same presentation comes again."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from codes.model import Answer, Details, LockedBy, Outcome, ParcelAnswer


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return the answer as JSON values, times as ISO 8601 in UTC."""
    document = asdict(answer)
    document["accepted"] = answer.accepted
    document["presentation_id"] = str(answer.presentation_id)
    for name in ("handed_over_at", "newer_sent_at"):
        moment = document["details"][name]
        document["details"][name] = moment.isoformat() if moment else None
    return document


def answer_to_json(answer: Answer) -> str:
    """Write an answer for the record."""
    return json.dumps(answer_document(answer), separators=(",", ":"))


def answer_from_json(presentation_id: UUID, text: str) -> Answer:
    """Read an answer from the record."""
    document = json.loads(text)
    details = document["details"]
    return Answer(
        presentation_id=presentation_id,
        outcome=Outcome(document["outcome"]),
        parcels=tuple(ParcelAnswer(each["reference"], Outcome(each["outcome"])) for each in document["parcels"]),
        handed_over=document["handed_over"],
        of=document["of"],
        match_number=document["match_number"],
        recipient_language=document["recipient_language"],
        details=Details(
            handed_over_at=_moment(details["handed_over_at"]),
            newer_sent_at=_moment(details["newer_sent_at"]),
            tries_left=details["tries_left"],
            locked_by=LockedBy(details["locked_by"]) if details["locked_by"] else None,
        ),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
