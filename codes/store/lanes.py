"""Group commit on an event loop: while PostgreSQL works for one group, the next is judged, in the same thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

from codes.store.committing import CommitterClosed, HandedIn, HandIn, Settle
from codes.store.database import CommitInDoubt
from codes.store.kept import give_up
from codes.store.packets import packets_of
from codes.store.trips import Reads, Rows, Steps, Trip

Job = TypeVar("Job")
Result = TypeVar("Result")
Outcomes = Sequence[Result | Exception]

LANES = 2
"""One group's trip, and another that is judged meanwhile; with three the groups are smaller, and nothing is gained."""
ENOUGH = 4
"""A group begins beside another one if it is no smaller, or has so many: each costs something, however small it is.

Without this, eight clients make groups of two or three: 2,400 verifications a second on two cores instead of 2,800.
"""
PATIENCE_SECONDS = 0.01
"""So long the few wait for the group under way: it takes two milliseconds, unless somebody else holds its rows."""
AGAIN_SECONDS = 1.0
log = logging.getLogger("doorcode.lanes")


class Lanes(Generic[Job, Result]):
    """Does jobs in groups, each in one transaction, over a few connections that only the loop uses.

    What does not go smoothly is left to ``otherwise``, which does jobs in a thread: all of them while no connection
    is open, and those of a group in which anything failed. So jobs must change nothing when they are done again.
    """

    def __init__(
        self,
        opened: Callable[[], sa.Connection],
        steps: Callable[[Sequence[Job]], Steps[Outcomes[Result]]],
        otherwise: HandIn[Job, Result],
        most: int = 64,
    ) -> None:
        self._opened = opened
        self._steps = steps
        self._otherwise = otherwise
        self._most = most
        self._wanted = LANES
        self._jobs: deque[HandedIn[Job, Result]] = deque()
        self._lanes: set[Lane[Job, Result]] = set()
        self._free: deque[Lane[Job, Result]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Future[None] | None = None
        self._open_after = 0.0
        self._begins = False
        self._reminder: asyncio.TimerHandle | None = None

    def hand_in(self, job: Job, settle: Settle[Result]) -> None:
        """Do the job in one of the next transactions; ``settle`` is then given what became of it.

        To be called on the loop. It may be another loop than before, once that one is closed.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._leave()
            self._loop, self._opening, self._begins, self._reminder = loop, None, False, None
        if len(self._lanes) < self._wanted and self._opening is None and time.monotonic() >= self._open_after:
            self._opening = asyncio.ensure_future(self._open(loop))
        if not self._lanes:
            self._otherwise(job, settle)
            return
        self._jobs.append((job, settle))
        self._begin_soon(loop)

    def close(self) -> None:
        """End the connections. A group under way is left to ``otherwise``, which says what becomes of it."""
        self._wanted = 0
        self._leave()

    def _leave(self) -> None:
        for lane in list(self._lanes):
            lane.leave()

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while len(self._lanes) < self._wanted:
                connection = await loop.run_in_executor(None, self._opened)
                if not self._wanted:
                    give_up(connection)
                    return
                lane = Lane(self, loop, connection)
                self._lanes.add(lane)
                self.is_free(lane)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            log.warning("no connection for verifications: %s", type(error).__name__)
            self._open_after = time.monotonic() + AGAIN_SECONDS
        finally:
            self._opening = None

    def _begin_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """What else arrives in the same turn of the loop joins the group."""
        if not self._begins:
            self._begins = True
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._begins = False
        while self._jobs and self._free:
            if len(self._jobs) < self._enough():
                if self._reminder is None:
                    self._reminder = loop.call_later(PATIENCE_SECONDS, self._begin_anyway)
                return
            self._begin_group()

    def _begin_anyway(self) -> None:
        self._reminder = None
        if self._jobs and self._free:
            self._begin_group()

    def _begin_group(self) -> None:
        group = [self._jobs.popleft() for _ in range(min(self._most, len(self._jobs)))]
        self._free.popleft().begin(group, self._steps([job for job, _ in group]))

    def _enough(self) -> int:
        """Return how many have to wait for a group of their own: beside a busy lane no fewer than that one has."""
        return min(ENOUGH, max(lane.jobs for lane in self._lanes))

    def is_free(self, lane: Lane[Job, Result]) -> None:
        """Give a lane its next group."""
        self._free.append(lane)
        if self._loop is not None:
            self._begin_soon(self._loop)

    def is_gone(self, lane: Lane[Job, Result], group: Sequence[HandedIn[Job, Result]]) -> None:
        """Leave a lane's group to the thread, and if it was the last lane, all that wait for one."""
        self._lanes.discard(lane)
        if lane in self._free:
            self._free.remove(lane)
        left = [*group]
        if not self._lanes:
            left += self._jobs
            self._jobs.clear()
        elif self._wanted and self._loop is not None and not self._loop.is_closed():
            # Some may have waited for this lane although another is free.
            self._begin_soon(self._loop)
        for job, settle in left:
            try:
                self._otherwise(job, settle)
            except CommitterClosed as error:
                settle(error)


class Lane(Generic[Job, Result]):
    """One connection, and the group whose trips are made over it."""

    def __init__(self, lanes: Lanes[Job, Result], loop: asyncio.AbstractEventLoop, connection: sa.Connection) -> None:
        self._lanes = lanes
        self._loop = loop
        self._connection = connection
        self._packets = packets_of(connection)
        self._doubts: list[str] = connection.info.setdefault("doubts", [])
        raw: Any = connection.connection.driver_connection
        self._socket: int = raw.fileno()
        self._group: Sequence[HandedIn[Job, Result]] = ()
        self._steps: Steps[Outcomes[Result]]
        self._trip: PQGen[Rows] | None = None
        loop.add_reader(self._socket, self._go_on, Ready.R)

    @property
    def jobs(self) -> int:
        """Return how many jobs are under way."""
        return len(self._group)

    def begin(self, group: Sequence[HandedIn[Job, Result]], steps: Steps[Outcomes[Result]]) -> None:
        """Do a group; when it is done, or was left to others, the lane says so."""
        self._group, self._steps = group, steps
        self._doubts.clear()
        self._step(None)

    def leave(self) -> None:
        """Give the connection up, and the group with it."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        give_up(self._connection)
        group, self._group, self._trip = self._group, (), None
        self._lanes.is_gone(self, group)

    def _step(self, rows: Rows | None) -> None:
        """Do what is done between two trips, and make the next one."""
        try:
            trip = next(self._steps) if rows is None else self._steps.send(rows)
        except StopIteration as end:
            self._settle(end.value)
        except Exception as error:  # noqa: BLE001  the thread meets it again, and raises it where it is waited for
            self._fail(error)
        else:
            self._trip = self._packets.making(trip)
            self._go_on(None)
            self._use_time_of(trip)

    def _use_time_of(self, trip: Trip) -> None:
        try:
            if self._trip is not None and isinstance(trip, Reads) and trip.meanwhile is not None:
                trip.meanwhile()
        except Exception as error:  # noqa: BLE001  as above
            self._fail(error)

    def _go_on(self, ready: Ready | None) -> None:
        """Go on with the trip as far as the socket allows. Bytes that nobody asked for say that the server hangs up."""
        if ready is Ready.W:
            self._loop.remove_writer(self._socket)
        if self._trip is None:
            if ready is Ready.R:
                self.leave()
            return
        try:
            awaited = next(self._trip) if ready is None else self._trip.send(ready)
        except StopIteration as end:
            self._trip = None
            self._step(end.value)
        except Exception as error:  # noqa: BLE001  as above
            self._fail(error)
        else:
            if awaited & Wait.W:
                self._loop.add_writer(self._socket, self._go_on, Ready.W)

    def _settle(self, outcomes: Outcomes[Result]) -> None:
        if self._doubts:
            self._fail(CommitInDoubt(self._doubts[0]))
            return
        group, self._group = self._group, ()
        for (_, settle), outcome in zip(group, outcomes, strict=True):
            settle(outcome)
        self._lanes.is_free(self)

    def _fail(self, error: Exception) -> None:
        log.warning("verifications are done once more, in a thread: %s", type(error).__name__)
        self.leave()
