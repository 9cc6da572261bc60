"""Taking presentations in: those that come while others are judged are judged together, and committed together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from codes.accounts.devices import Devices
from codes.judging.answers import Recorded
from codes.judging.presentation import BadSignature, Presentation, Purpose, verify_signature
from codes.judging.presenting import Check, Judging
from codes.model import Answer
from codes.store.committing import GroupCommitter, Settle
from codes.store.database import Database
from codes.store.kept import KeptConnection, to_be_kept
from codes.store.runner import run
from codes.store.trips import Steps

if TYPE_CHECKING:
    from codes.store.lanes import Lanes


class Verifying:
    """Has presentations judged by one thread that commits, and on PostgreSQL on the event loop. Safe for threads."""

    def __init__(
        self, database: Database, devices: Devices, judging: Callable[[], Judging], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._devices = devices
        self._judging = judging
        self._clock = clock
        self._kept = KeptConnection(database)
        self._committer: GroupCommitter[Presentation, Recorded] = GroupCommitter(self._judge)
        self._lanes = None if database.is_sqlite else self._lanes_to_postgresql()

    def present(self, presentation: Presentation) -> Answer:
        """Judge one presentation. When this returns, its answer is on the disk.

        Raises BadSignature, or a PresentationRefused; a database error means that the outcome is unknown and
        the same presentation is to be sent again.
        """
        self._check_signature(presentation)
        return self._committer.submit(presentation).answer

    def hand_in(self, presentation: Presentation, settle: Settle[Recorded]) -> None:
        """Judge one presentation without waiting; in any thread, ``settle`` gets its answer or what `present` raises.

        To be called on an event loop. Raises CommitterClosed.
        """
        if self._lanes is None:
            self._hand_on(presentation, settle)
        else:
            self._lanes.hand_in(presentation, settle)

    def close(self) -> None:
        """Finish what has gathered."""
        if self._lanes is not None:
            self._lanes.close()
        self._committer.close()
        self._kept.close()

    def _hand_on(self, presentation: Presentation, settle: Settle[Recorded]) -> None:
        """Let the committing thread judge a presentation."""
        try:
            self._check_signature(presentation)
        except BadSignature as error:
            settle(error)
            return
        self._committer.hand_in(presentation, settle)

    def _check_signature(self, presentation: Presentation) -> None:
        if presentation.purpose is not Purpose.RELEASE:
            raise BadSignature("the device signed that it asks, not that it hands over")
        verify_signature(self._devices.key_of(presentation.device_id), presentation)

    def _judge(self, presentations: Sequence[Presentation]) -> list[Recorded | Exception]:
        return self._kept.transact(lambda connection: run(connection, self._steps(presentations)))

    def _steps(
        self, presentations: Sequence[Presentation], check: Check | None = None
    ) -> Steps[list[Recorded | Exception]]:
        return (yield from self._judging().present_all(presentations, self._clock(), check))

    def _lanes_to_postgresql(self) -> Lanes[Presentation, Recorded]:
        from codes.store.lanes import Lanes

        def steps(presentations: Sequence[Presentation]) -> Steps[list[Recorded | Exception]]:
            return self._steps(presentations, self._check_signature)

        return Lanes(lambda: to_be_kept(self._database), steps, self._hand_on)
