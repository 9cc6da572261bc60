"""Whether somebody has to be signed in at a counter before it acts, and whether they may do that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from codes.accounts.shifts import note_movement, who_works
from codes.accounts.staff import Member, Task
from codes.model import DeviceKind
from web.http.problems import Problem
from web.services import services

View = TypeVar("View", bound=Callable[..., Any])


class NotYourTask(Problem):
    """Somebody is signed in, and may not do this."""

    def __init__(self, name: str) -> None:
        super().__init__(403, "not-your-role", f"{name} may not do this; ask a colleague", signer=name)


def with_task(*tasks: Task) -> Callable[[View], View]:
    """Let a counter call the view while somebody is signed in there who may do one of these, if the house wants that.

    A page is shown while nobody is: it asks who works there.
    """

    def marked(view: View) -> View:
        view.doorcode_tasks = frozenset(tasks)  # type: ignore[attr-defined]
        return view

    return marked


def tasks_of(view: Callable[..., Any]) -> frozenset[Task]:
    """Return the tasks of which a view asks one; none if it does not ask."""
    found: frozenset[Task] = getattr(view, "doorcode_tasks", frozenset())
    return found


def ask_shift(device_id: UUID, tasks: frozenset[Task], *, is_page: bool) -> None:
    """Let a counter act only while somebody who may do it is signed in there, if the house wants that."""
    if not asks_who_works(device_id):
        return
    member = working(device_id)
    if member is None and not is_page:
        raise Problem(403, "nobody-signed-in", "sign in at this counter first, by PIN or badge")
    if member is not None and not tasks & member.tasks:
        raise NotYourTask(member.name)


def working(device_id: UUID) -> Member | None:
    """Return who works at a device, unless nobody has moved there for too long; asking is a movement."""
    codes = services().codes
    shift = codes.read(who_works, device_id)
    if shift is not None and shift.is_to_be_noted:
        codes.write(note_movement, device_id)
    return shift.member if shift else None


def asks_who_works(device_id: UUID) -> bool:
    """Tell whether nothing is done at a device until somebody signed in."""
    codes = services().codes
    return codes.settings.counter_sign_in and codes.devices.kind_of(device_id) is DeviceKind.COUNTER


def tasks_at(device_id: UUID, member: Member | None) -> frozenset[Task]:
    """Return what may be done at a device by whoever works there."""
    if not asks_who_works(device_id):
        return frozenset(Task)
    return member.tasks if member else frozenset()
