"""Many parcels announced by one command, group by group, telling how far it is; or only tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from codes import Announcement
from codes.life.announcing import Announced, AnnouncedParcel
from codes.policy import Rule, decide
from web.commands.progress import STOPPED, progress
from web.importing.parcel_files import read_parcels

TOGETHER = 500


def told(announced: AnnouncedParcel) -> str:
    """Say in one line what came of an announcement."""
    code = "code issued" if announced.code_required else "no code needed"
    result = {
        Announced.CREATED: code,
        Announced.UNCHANGED: f"announced before, {code}",
        Announced.CONFLICT: "NOT announced: this reference stands already, with other facts",
    }[announced.result]
    return f"{announced.reference}: {result} ({announced.reason})"


def announce_all(
    announce: Callable[[Sequence[Announcement]], list[AnnouncedParcel]], parcels: Sequence[Announcement]
) -> int:
    """Announce in groups, each all or nothing, telling how far it is; returns the exit status."""
    conflicts = done = 0
    with progress("announced") as working:
        for done in range(0, len(parcels), TOGETHER):
            if working.stopped:
                print(f"Stopped after {done:,} of {len(parcels):,}; the same command goes on.")
                return STOPPED
            for each in announce(parcels[done : done + TOGETHER]):
                conflicts += each.result is Announced.CONFLICT
                print(told(each))
            if len(parcels) > TOGETHER:
                working.tell(min(done + TOGETHER, len(parcels)), len(parcels))
    return 1 if conflicts else 0


def dry_run(path: Path, mapping: Mapping[str, str] | None, rules: Sequence[Rule]) -> int:
    """Say what would be announced, and every fault by its line; returns the exit status. Raises BadFile."""
    parcels = read_parcels(path, mapping)
    decided = Counter(decide(parcel, rules).code_required for parcel in parcels)
    print(f"{len(parcels):,} parcels, {decided[True]:,} of them with a code; nothing was announced")
    return 0
