"""An answer as it is kept and sent: the same bytes whenever the same presentation comes again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from codes.model import Answer, Details, LockedBy, Outcome, ParcelAnswer

# Made once: `json.dumps` makes an encoder at each call, which takes longer than the encoding.
_COMPACT = json.JSONEncoder(separators=(",", ":"))


class Recorded(NamedTuple):
    """An answer, and the text of it that stands in the record."""

    answer: Answer
    text: str


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return the answer as JSON values, times as ISO 8601 in UTC."""
    details = answer.details
    return {
        "presentation_id": str(answer.presentation_id),
        "outcome": answer.outcome.value,
        "parcels": [{"reference": each.reference, "outcome": each.outcome.value} for each in answer.parcels],
        "handed_over": answer.handed_over,
        "of": answer.of,
        "recipient_language": answer.recipient_language,
        "details": {
            "handed_over_at": _written(details.handed_over_at),
            "newer_sent_at": _written(details.newer_sent_at),
            "tries_left": details.tries_left,
            "locked_by": details.locked_by,
        },
        "match_number": answer.match_number,
        "accepted": answer.accepted,
    }


def answer_to_json(answer: Answer) -> str:
    """Write an answer, for the record and for who asked."""
    return _COMPACT.encode(answer_document(answer))


def record_digest(verification: Mapping[str, Any]) -> str:
    """Return 64 hexadecimal digits that fix a verification's row: what its event does not say in words."""
    code_id = verification["code_id"]
    words = (verification["key_id"], verification["content_mac"].hex(), str(code_id or ""), verification["answer"])
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


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


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
