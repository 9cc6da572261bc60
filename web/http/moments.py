"""Times and days that come from outside: refused unless they can be computed with wherever they are shown later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2099, 12, 31)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC) - timedelta(days=1)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)


def _plausible(moment: datetime) -> datetime:
    """Return the moment in UTC. A clock that was never set stands at 1970, in whatever zone, and can be told so."""
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be a time from 1970 to 2099") from error
    if not _FIRST <= in_utc < _LAST:
        raise ValueError("must be a time from 1970 to 2099")
    return in_utc


PlausibleMoment = Annotated[AwareDatetime, AfterValidator(_plausible)]


def read_day(text: str) -> date:
    """Return a day written as ISO 8601 has it. Raises ValueError for one that is none, or before 1970 or after 2099."""
    day = date.fromisoformat(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("must be a day from 1970 to 2099")
    return day
