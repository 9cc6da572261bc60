"""What staff does at a device stands in the log of staff before it is done, and how it ended stands there after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from codes.accounts.staff import Member
from codes.accounts.staff_log import begin_action, end_action
from web.http.access import this_device
from web.http.problems import REFUSED, problem_for
from web.services import services


@contextmanager
def logged(member: Member | None, action: str, subject: str, status: int = 200) -> Iterator[None]:
    """Log what is done at a device, under the device's name if nobody signed in; ``status`` is that of success."""
    codes, staff_id = services().codes, member.staff_id if member else None
    action_id = codes.write(begin_action, staff_id, member.name if member else this_device().name, action, subject)
    try:
        yield
    except REFUSED as error:
        codes.write(end_action, action_id, problem_for(error).status)
        raise
    codes.write(end_action, action_id, status)
